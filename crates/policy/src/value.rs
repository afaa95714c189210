//! The types of values in documents, each parsed once.

mod address;
mod capability;
mod character;
mod children;
mod date;
mod identity;
mod path;
mod port;
mod scope;
mod syscall;
mod syscall_family;
mod syscall_table;
mod waiver;

pub(crate) use address::MAPPED;
pub use address::{Cidr, CidrError, NetworkPattern, NetworkPatternError, address_at, address_number};
pub use capability::{Capability, CapabilityError};
pub use character::{is_invisible, look_alike};
pub use children::Children;
pub use date::{Date, DateError};
pub use identity::{ProfileId, ProfileIdError};
pub use path::{AbsolutePath, PathError, PathPattern};
pub use port::{PortError, PortRange};
pub use scope::Scope;
pub use syscall::{Syscall, SyscallError};
pub use waiver::Waiver;
