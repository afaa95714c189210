/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * System calls whose every effect passes one of our hooks first. Name, number for the 64-bit entry, number
 * for the 32-bit entry, number that only x32 has (0 for none; arch/x86/entry/syscalls), hooks. COVERED_32: a name
 * that only 32-bit programs have, its number, hooks.
 * Read by the programs and by src/layout/hook.rs.
 */
COVERED(execve, 59, 11, 520, bprm_check_security)
COVERED(execveat, 322, 358, 545, bprm_check_security)
COVERED(ptrace, 101, 26, 521, ptrace_access_check, ptrace_traceme)
COVERED(process_vm_readv, 310, 347, 539, ptrace_access_check)
COVERED(process_vm_writev, 311, 348, 540, ptrace_access_check)
COVERED(pivot_root, 155, 217, 0, sb_pivotroot)
COVERED(chroot, 161, 61, 0, path_chroot)
COVERED(mount, 165, 21, 0, sb_mount)
COVERED(umount2, 166, 52, 0, sb_umount)
COVERED_32(umount, 22, sb_umount)
COVERED(move_mount, 429, 429, 0, move_mount)
COVERED(init_module, 175, 128, 0, kernel_load_data)
COVERED(finit_module, 313, 350, 0, kernel_read_file)
COVERED(kexec_load, 246, 283, 528, kernel_load_data)
COVERED(bpf, 321, 357, 0, bpf)
COVERED(socket, 41, 359, 0, socket_create)
COVERED(io_uring_setup, 425, 425, 0, inode_init_security_anon)
COVERED(userfaultfd, 323, 374, 0, inode_init_security_anon)
