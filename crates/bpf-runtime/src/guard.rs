//! Self-protection of an installation: who may change the policy, which folders hold its pins, and the program that keeps
//! the function tracer on.
//!
//! The setting's program is attached to the root control group without a link: a link could be taken by its number and
//! detached, while detaching a program needs its descriptor, which the program on `bpf_prog` gives to nobody else.

use std::fs::Metadata;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use telovix_bpf_programs::layout::Record as _;
use telovix_bpf_programs::object;
use telovix_bpf_programs::state::Guard;

use crate::object::Object;
use crate::pins::Places;
use crate::{RuntimeError, sys};

/// The inode number of the first control-group name space (`PROC_CGROUP_INIT_INO`, include/linux/proc_ns.h). From another
/// one the root of all control groups cannot be seen.
const FIRST_GROUP_NAME_SPACE: u64 = 0xefff_fffb;

/// Records this program and the folders of the pins, and attaches the program for settings in place of an older one.
pub(crate) fn set(places: &Places, object: &mut Object) -> Result<(), RuntimeError> {
    record(places)?;
    object.register_loader()?;
    let group = root_control_group()?;
    let pin = places.setting_program();
    let temporary = fresh(&pin);
    detach(&group, &temporary)?;
    let program = object.pin_setting_program(&temporary)?;
    sys::attach_to_settings(group.as_fd(), program.as_fd()).map_err(|error| refused(&error))?;
    detach(&group, &pin)?;
    std::fs::rename(&temporary, &pin).map_err(RuntimeError::file(&pin))
}

/// Detaches the program for settings. Nothing is enforced any more when this is called.
pub(crate) fn lift(places: &Places) -> Result<(), RuntimeError> {
    let pin = places.setting_program();
    if pin.exists() || fresh(&pin).exists() {
        let group = root_control_group()?;
        detach(&group, &fresh(&pin))?;
        detach(&group, &pin)?;
    }
    Ok(())
}

/// Whether the program for settings is pinned.
pub(crate) fn is_set(places: &Places) -> bool {
    places.setting_program().exists()
}

/// Makes sure that the pinned program for settings is attached, and returns whether there is one. A `remove` that was killed
/// leaves the pin of a program that it has detached.
pub(crate) fn renew(places: &Places) -> Result<bool, RuntimeError> {
    let program = match sys::open_pin(&places.setting_program()) {
        Ok(program) => program,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(RuntimeError::file(&places.setting_program())(error)),
    };
    match sys::attach_to_settings(root_control_group()?.as_fd(), program.as_fd()) {
        // The kernel does not attach a program twice.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Ok(true),
        attached => attached.map(|()| true).map_err(|error| refused(&error)),
    }
}

/// Where a program is pinned until it is attached. The BPF file system takes no names with a dot.
fn fresh(pin: &Path) -> PathBuf {
    pin.with_file_name(format!("{}-new", object::WRITE_SETTING))
}

/// Writes which folders hold the pins, and leaves what is known of the loader.
fn record(places: &Places) -> Result<(), RuntimeError> {
    let map = places.open_map("guard")?.ok_or(RuntimeError::NothingLoaded)?;
    let mut bytes = vec![0; Guard::SIZE];
    let key = 0_u32.to_le_bytes();
    sys::lookup(map.as_fd(), &key, &mut bytes).map_err(RuntimeError::map("guard"))?;
    let mut guard = Guard::decode(&bytes)
        .ok_or_else(|| RuntimeError::map("guard")(std::io::ErrorKind::InvalidData.into()))?;
    let folders = [places.pins(), places.maps(), places.links()];
    for (number, folder) in guard.pins.iter_mut().zip(folders) {
        let facts: Metadata = std::fs::metadata(&folder).map_err(RuntimeError::file(&folder))?;
        *number = facts.ino();
        guard.pins_device = sys::kernel_device(facts.dev());
    }
    bytes.clear();
    guard.encode(&mut bytes);
    sys::update(map.as_fd(), &key, &bytes).map_err(RuntimeError::map("guard"))
}

/// Detaches and unpins a program that may not be there.
fn detach(group: &OwnedFd, pin: &Path) -> Result<(), RuntimeError> {
    let program = match sys::open_pin(pin) {
        Ok(program) => program,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(RuntimeError::file(pin)(error)),
    };
    sys::detach_from_settings(group.as_fd(), program.as_fd()).map_err(|error| refused(&error))?;
    std::fs::remove_file(pin).map_err(RuntimeError::file(pin))
}

fn root_control_group() -> Result<OwnedFd, RuntimeError> {
    let here = Path::new("/proc/self/ns/cgroup");
    let name_space = std::fs::metadata(here).map_err(RuntimeError::file(here))?.ino();
    if name_space != FIRST_GROUP_NAME_SPACE {
        let reason = "this process is in a control-group name space of its own".to_owned();
        return Err(RuntimeError::Hook { hook: object::WRITE_SETTING, reason });
    }
    sys::root_control_group().map_err(|error| refused(&error))
}

fn refused(error: &std::io::Error) -> RuntimeError {
    RuntimeError::Hook { hook: object::WRITE_SETTING, reason: error.to_string() }
}
