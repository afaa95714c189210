//! An event -> the action that the kernel's hooks see, decided by the image.

use telovix_bpf_programs::layout;

use telovix_policy::confine::Operation;
use telovix_policy::judge::{Event, Field};
use telovix_policy::value::{Capability, address_number};

use super::decide::{Action, Entry, Interpreter, Outcome, Task};
use super::kernel::{access_bit, packet_sockets, raw_sockets};
use super::syscall::unnamed_number;

const ALLOW: Outcome = Outcome { effect: layout::Effect::Allow, rule: None };

impl Interpreter<'_> {
    /// Decides an event in the format of files and logs. Its `sensor` and `group` are ignored: an interpreter is for
    /// one host.
    ///
    /// # Errors
    /// Names the missing field of the event that a hook would see. A missing field is unknown: it does not mean a
    /// process without an executable or without ancestors.
    pub fn decide_event(&self, event: &Event) -> Result<Outcome, Field> {
        let task = task(event)?;
        Ok(action(event)?.map_or(ALLOW, |action| self.decide(task, action)))
    }

    /// Decides a system call of the event's process that no table names.
    ///
    /// # Errors
    /// As [`Interpreter::decide_event`], for the fields of the process.
    pub(crate) fn decide_unnamed_syscall(&self, event: &Event) -> Result<Outcome, Field> {
        Ok(self.decide(task(event)?, Action::Syscall(Entry::X86_64, unnamed_number())))
    }
}

fn task(event: &Event) -> Result<Task<'_>, Field> {
    let ancestors = event.ancestors.as_deref().ok_or(Field::Ancestors)?;
    let binary = event.binary.as_deref().ok_or(Field::Binary)?;
    Ok(Task { binary: Some(binary), parent: event.parent(), ancestors })
}

/// Returns what a hook would see; `None` if no table can apply to it.
fn action(event: &Event) -> Result<Option<Action<'_>>, Field> {
    use layout::Operation as Kernel;
    let path = || event.path.as_deref().ok_or(Field::Path);
    let other = |operation| Ok(Some(Action::Other(operation)));
    match event.operation {
        Operation::Exec if event.anonymous == Some(true) => Ok(Some(Action::AnonymousExec)),
        Operation::Exec => Ok(Some(Action::Exec(path()?))),
        Operation::Open => {
            let accesses = event.access.ok_or(Field::Access)?;
            let bits = accesses.iter().fold(0, |bits, access| bits | access_bit(access));
            Ok(Some(Action::File(path()?, bits)))
        }
        Operation::Connect => {
            let address = address_number(event.address.ok_or(Field::Address)?);
            Ok(Some(Action::Connect(address, event.port.ok_or(Field::Port)?)))
        }
        Operation::Capability => {
            Ok(Some(Action::Capability(event.capability.ok_or(Field::Capability)?.number())))
        }
        Operation::Syscall => {
            let syscall = event.syscall.ok_or(Field::Syscall)?;
            let native = syscall.number().map(|number| Action::Syscall(Entry::X86_64, u32::from(number)));
            let ia32 = || syscall.ia32_number().map(|number| Action::Syscall(Entry::Ia32, u32::from(number)));
            Ok(native.or_else(ia32))
        }
        Operation::Socket => {
            let family = event.family.ok_or(Field::Family)?;
            let kind = event.socket_type.ok_or(Field::Type)?;
            let tables = [(raw_sockets(), Kernel::RawSocket), (packet_sockets(), Kernel::PacketSocket)];
            let table = tables.into_iter().find(|(set, _)| set.contains(family, kind));
            Ok(table.map(|(_, operation)| Action::Other(operation)))
        }
        Operation::Capset => {
            let gained = event.capability.ok_or(Field::Capability)?;
            Ok((gained == Capability::SYS_ADMIN).then_some(Action::Other(Kernel::CapsetSysAdmin)))
        }
        Operation::ModuleLoad => other(Kernel::ModuleLoad),
        Operation::UserNamespace => other(Kernel::UserNamespace),
        Operation::Ptrace => other(Kernel::PtraceAttach),
        Operation::MemoryFile => other(Kernel::MemoryFile),
        Operation::PivotRoot => other(Kernel::PivotRoot),
        Operation::Mount => other(Kernel::Mount),
        Operation::Unshare => other(Kernel::Unshare),
        Operation::Bpf => other(Kernel::BpfLoad),
        Operation::SetId => other(Kernel::SetId),
    }
}
