//! This process -> the user who runs it, for the audit log.

use std::fs;

use telovix_trust::audit::Actor;

/// Returns the user of this process, and who became that user with `sudo`.
#[must_use]
pub fn actor() -> Actor {
    let uid = rustix::process::getuid().as_raw();
    let plain = |name: &String| !name.is_empty() && !name.chars().any(char::is_control);
    let sudo_user = (uid == 0).then(|| std::env::var("SUDO_USER").ok()).flatten().filter(plain);
    Actor { uid, user: name_of(uid).filter(plain), sudo_user }
}

/// Looks a user up in `/etc/passwd`. Users of a directory service are logged by number only.
fn name_of(uid: u32) -> Option<String> {
    let listed = fs::read_to_string("/etc/passwd").ok()?;
    let mut entries = listed.lines().map(|line| line.split(':'));
    entries.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}
