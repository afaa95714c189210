/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Files: open, and every other way to make, change, move or remove one by name.
 */
#ifndef TELOVIX_FILE_H
#define TELOVIX_FILE_H

#include "decide.h"

#define FMODE_READ 1
#define FMODE_WRITE 2
#define FMODE_EXEC 0x20 /* in f_flags: opened by execve */
#define O_TRUNC 01000
#define O_TMPFILE 020000000 /* without O_DIRECTORY, which always comes with it */
#define MODE_SET_ID 06000
#define FILE_OPERATION (1 << TELOVIX_OP_FILE)
/* Names up to here are inside the dentry and fit one edge with its final zero. */
#define SHORT_NAME (TELOVIX_CHUNK - 1)

/* What is being asked about a file. */
struct request {
	struct dentry *dentry;
	struct vfsmount *mount;
	__u32 access;
	bool whole; /* what lies below is touched as well */
	bool notes; /* the verifier lets us reach the directory's storage from here */
	__u64 locks; /* where they stood when the note was read; LOCKS_HELD for no note */
};

/* The notes of the directory that a file lies in. */
static __always_inline struct directory *directory_of(struct dentry *dentry, __u64 flags)
{
	struct dentry *parent = dentry->d_parent;
	struct inode *inode;

	if (!parent)
		return NULL;
	inode = parent->d_inode;
	if (!inode)
		return NULL;
	return bpf_inode_storage_get(&directories, inode, NULL, flags);
}

/* Whether a directory's note says that the file is allowed. What the note does not settle, or settles
 * otherwise, is left to a walk. The locks are read last: if they stand where they stood when the note was
 * taken, then nothing moved from before the note until after the file's name was read. */
static __always_inline bool allowed_by_note(struct subject *subject, struct request *request)
{
	struct task_state *state = subject->state;
	struct dentry *dentry = request->dentry;
	struct telovix_path_state *edge;
	struct directory *directory;
	__u32 length, child, class;
	struct note *note;
	__u64 version, locks;

	if (dentry == request->mount->mnt_root)
		return false;
	directory = directory_of(dentry, 0);
	if (!directory)
		return false;
	note = &directory->notes[subject->domain & (NOTES - 1)];
	version = *(volatile __u64 *)&note->version;
	if (note->owner != OWNER(subject->generation, subject->domain) || note->mount != (__u64)request->mount ||
	    note->namespace != (__u64)subject->task->nsproxy->mnt_ns)
		return false;
	child = note->child;
	class = note->below;
	locks = note->locks;
	length = dentry->d_name.len;
	if (child & ~TELOVIX_NODE_NUMBER) {
		if (length >= TELOVIX_CHUNK || (child & TELOVIX_NODE_HAS_PREFIXES))
			return false;
		__builtin_memset(&state->walk.key, 0, sizeof(state->walk.key));
		state->walk.key.node = child & TELOVIX_NODE_NUMBER;
		bpf_probe_read_kernel(state->walk.key.chunk, bounded(length, TELOVIX_CHUNK), dentry->d_name.name);
	}
	separate();
	request->locks = read_locks();
	if ((locks & LOCKS_HELD) || request->locks != locks || *(volatile __u64 *)&note->version != version ||
	    (version & 1))
		return false;
	if (child & ~TELOVIX_NODE_NUMBER) {
		edge = slot_lookup(&edges, subject->slot, &state->walk.key);
		if (edge)
			class = edge->exact;
	}
	return !class;
}

/* Leaves a note with the directory, after a walk without doubt. Which directory that is has to be asked after
 * the walk: if the file has moved since, the locks have too, and what is noted is never good. */
static __always_inline void take_note(struct subject *subject, const struct request *request,
				      const struct question *question)
{
	struct walk *walk = &subject->state->walk;
	struct directory *directory;
	struct note *note;
	__u64 version;

	if (!question->parent_known || request->dentry == request->mount->mnt_root)
		return;
	directory = directory_of(request->dentry, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!directory)
		return;
	note = &directory->notes[subject->domain & (NOTES - 1)];
	version = *(volatile __u64 *)&note->version;
	if ((version & 1) || __sync_val_compare_and_swap(&note->version, version, version + 1) != version)
		return;
	note->owner = OWNER(subject->generation, subject->domain);
	note->mount = (__u64)request->mount;
	note->namespace = (__u64)subject->task->nsproxy->mnt_ns;
	note->locks = walk->locks;
	note->child = question->parent.child;
	note->below = question->parent.below;
	separate();
	*(volatile __u64 *)&note->version = version + 2;
}

/* Decides with a full walk, in every domain of the task, and reports. */
static __noinline bool file_refused_slowly(struct subject *subject, struct request *request)
{
	__u32 questions[DOMAINS_PER_TASK] = { QUESTIONS, QUESTIONS, QUESTIONS, QUESTIONS };
	struct task_state *state = state_of(subject);
	bool refuse = false;

	if (!state)
		return nothing_is_known(subject, FILE_OPERATION);
	walk_begin(&state->walk, subject->task, request->mount, request->locks);
	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(subject, index);
		struct telovix_domain *domain;

		if (index && !number)
			break;
		domain = slot_lookup(&domains, subject->slot, &number);
		if (domain && (domain->operations & FILE_OPERATION))
			questions[index] = walk_ask(&state->walk, subject->slot, subject->generation,
						    &domain->file.root, false);
	}
	if (!state->walk.count)
		return false;
	walk_finish(&state->walk, request->dentry);
	if (state->walk.doubt == TELOVIX_DOUBT_DETACHED && mount_is_internal(request->mount))
		return false;
	if (request->notes && !state->walk.doubt && subject->domain && questions[0] < QUESTIONS)
		take_note(subject, request, &state->walk.questions[0]);
	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(subject, index);
		struct telovix_path_state *known;
		struct telovix_domain *domain;
		__u32 class, decision;

		if (index && !number)
			break;
		if (questions[index] >= QUESTIONS)
			continue;
		known = &state->walk.questions[questions[index] & (QUESTIONS - 1)].state;
		class = request->whole ? known->subtree : known->exact;
		if (!class && !state->walk.doubt)
			continue;
		domain = slot_lookup(&domains, subject->slot, &number);
		if (!domain)
			continue;
		if (state->walk.doubt) {
			if (must_be_certain(subject, number, domain, FILE_OPERATION, state->walk.doubt)) {
				class = domain->file.root.subtree;
				refuse = true;
			} else if (state->walk.doubt != TELOVIX_DOUBT_ELSEWHERE) {
				class = 0;
			}
		}
		decision = class_decision(subject->slot, domain->file.classes, class);
		if (!decision)
			continue;
		event_begin(state, TELOVIX_OP_FILE, request->access, true);
		if (verdict(subject, state, number, decision))
			refuse = true;
	}
	return refuse;
}

/* Decides a way to touch a file. */
static __always_inline bool touch_refused(struct subject *subject, struct dentry *dentry, struct vfsmount *mount,
					  __u32 access, bool whole, bool notes)
{
	struct request request = {
		.dentry = dentry,
		.mount = mount,
		.access = access,
		.whole = whole,
		.notes = notes,
		.locks = LOCKS_HELD,
	};

	if (!dentry || !mount)
		return false;
	if (notes && !whole && subject->domain && subject->state && !domain_number(subject, 1) &&
	    allowed_by_note(subject, &request))
		return false;
	return file_refused_slowly(subject, &request);
}

static __always_inline bool file_refused(struct dentry *dentry, struct vfsmount *mount, __u32 access, bool whole)
{
	struct subject subject;

	if (!identify(&subject, FILE_OPERATION))
		return false;
	return touch_refused(&subject, dentry, mount, access, whole, true);
}

/* Decides the use of an open file. From 6.18 on f_path is in a union, and no storage may be asked for with a
 * pointer that came through one. While open(2) is under way the same pointer stands in the task's own lookup
 * (fs/namei.c: do_open gives nd->path to vfs_open, restore_nameidata comes after), which no union is part of.
 * It is taken from there if it is the file's own, value for value: what the file refers to stays, and so do
 * its parent and the parent's inode. Other files (layers of an overlay, what a file system opens by itself, a
 * descriptor received) have no such lookup and are walked to. */
static __always_inline bool opened_refused(struct file *file, __u32 access)
{
	bool in_union = __builtin_preserve_field_info(((struct file___union *)0)->__f_path, 2);
	struct vfsmount *mount = file->f_path.mnt;
	struct nameidata *lookup;
	struct subject subject;

	if (!identify(&subject, FILE_OPERATION))
		return false;
	if (in_union) {
		lookup = subject.task->nameidata;
		if (lookup) {
			struct dentry *dentry = lookup->path.dentry;

			if (dentry == file->f_path.dentry && lookup->path.mnt == mount)
				return touch_refused(&subject, dentry, mount, access, false, true);
		}
	}
	return touch_refused(&subject, file->f_path.dentry, mount, access, false, !in_union);
}

static __always_inline __u32 open_access(struct file *file)
{
	__u32 access = 0;

	if (file->f_mode & FMODE_READ)
		access |= TELOVIX_ACCESS_READ;
	if (file->f_mode & FMODE_WRITE)
		access |= TELOVIX_ACCESS_WRITE;
	if (file->f_flags & O_TRUNC)
		access |= TELOVIX_ACCESS_TRUNCATE;
	return access;
}

SEC("lsm/file_open")
int file_open(unsigned long long *context)
{
	struct file *file = (void *)context[0];

	if (file->f_flags & (FMODE_EXEC | O_TMPFILE)) {
		__u32 mode = file->f_inode->i_mode;

		/* What execve opens is judged as a program. */
		if (file->f_flags & FMODE_EXEC)
			return 0;
		/* No hook is called before an unnamed file is made; this one is, before anybody can use it. */
		if ((mode & MODE_SET_ID) && refused(TELOVIX_OP_SET_ID, mode & 07777)) {
			separate();
			return -EPERM;
		}
	}
	if (opened_refused(file, open_access(file))) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* A descriptor that another process passed is an open. */
SEC("lsm/file_receive")
int file_receive(unsigned long long *context)
{
	struct file *file = (void *)context[0];

	if (opened_refused(file, open_access(file))) {
		separate();
		return -EPERM;
	}
	return 0;
}

#define PATH_HOOK(hook, dentry_expression, mount_expression, ways, below)                         \
	SEC("lsm/" #hook)                                                                         \
	int hook(unsigned long long *context)                                                     \
	{                                                                                         \
		struct path *directory = (void *)context[0];                                      \
		struct dentry *dentry = dentry_expression;                                        \
                                                                                                  \
		if (file_refused(dentry, mount_expression, ways, below)) {                        \
			separate();                                                               \
			return -EPERM;                                                            \
		}                                                                                 \
		return 0;                                                                         \
	}

PATH_HOOK(path_truncate, directory->dentry, directory->mnt,
	  TELOVIX_ACCESS_WRITE | TELOVIX_ACCESS_TRUNCATE, false)
PATH_HOOK(path_unlink, (void *)context[1], directory->mnt, TELOVIX_ACCESS_DELETE, false)
PATH_HOOK(path_rmdir, (void *)context[1], directory->mnt, TELOVIX_ACCESS_DELETE, false)
PATH_HOOK(path_mkdir, (void *)context[1], directory->mnt, TELOVIX_ACCESS_CREATE, false)
PATH_HOOK(path_symlink, (void *)context[1], directory->mnt, TELOVIX_ACCESS_CREATE, false)
/* What chmod and chown change of a file counts as written. */
PATH_HOOK(path_chown, directory->dentry, directory->mnt, TELOVIX_ACCESS_WRITE, false)

SEC("lsm/path_chmod")
int path_chmod(unsigned long long *context)
{
	struct path *path = (void *)context[0];
	__u32 mode = context[1];
	bool refuse = file_refused(path->dentry, path->mnt, TELOVIX_ACCESS_WRITE, false);

	if (refuse || ((mode & MODE_SET_ID) && refused(TELOVIX_OP_SET_ID, mode & 07777))) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* A new name is an access to the old one, and makes a file. Both are on one mount, or link(2) fails. */
SEC("lsm/path_link")
int path_link(unsigned long long *context)
{
	struct path *directory = (void *)context[1];
	bool refuse = file_refused((void *)context[0], directory->mnt, TELOVIX_ACCESS_LINK, false);

	if (refuse || file_refused((void *)context[2], directory->mnt, TELOVIX_ACCESS_CREATE, false)) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* Moves everything below as well, away from the old name and under the new one. */
SEC("lsm/path_rename")
int path_rename(unsigned long long *context)
{
	struct path *from = (void *)context[0];
	struct path *to = (void *)context[2];
	bool refuse = file_refused((void *)context[1], from->mnt, TELOVIX_ACCESS_RENAME, true);

	if (refuse || file_refused((void *)context[3], to->mnt, TELOVIX_ACCESS_RENAME, true)) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* Also called by open for a file that it is about to make. */
SEC("lsm/path_mknod")
int path_mknod(unsigned long long *context)
{
	struct path *directory = (void *)context[0];
	__u32 mode = context[2];
	bool refuse = file_refused((void *)context[1], directory->mnt, TELOVIX_ACCESS_CREATE, false);

	if (refuse || ((mode & MODE_SET_ID) && refused(TELOVIX_OP_SET_ID, mode & 07777))) {
		separate();
		return -EPERM;
	}
	return 0;
}

#endif
