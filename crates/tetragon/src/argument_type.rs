//! Argument types of hooks, and how each filter operator treats them.
//!
//! Source: `pkg/generictypes/generictypes.go`; the results of [`ArgumentClass::fit`] were taken from
//! Tetragon's encoder for every pair of operator and type.

use super::vocabulary::{Operator, vocabulary};

vocabulary! {
    /// The declared type of an argument.
    ArgumentType {
        Auto = "auto",
        Int = "int",
        Sint8 = "sint8",
        Int8 = "int8",
        Uint8 = "uint8",
        Sint16 = "sint16",
        Int16 = "int16",
        Uint16 = "uint16",
        Uint32 = "uint32",
        Sint32 = "sint32",
        Int32 = "int32",
        Ulong = "ulong",
        Uint64 = "uint64",
        Size = "size_t",
        Long = "long",
        Sint64 = "sint64",
        Int64 = "int64",
        CharBuffer = "char_buf",
        CharIovec = "char_iovec",
        SocketBuffer = "skb",
        Sock = "sock",
        SocketAddress = "sockaddr",
        Socket = "socket",
        UnixAddress = "sockaddr_un",
        String = "string",
        FileDescriptor = "fd",
        File = "file",
        Filename = "filename",
        Path = "path",
        Nop = "nop",
        BpfAttribute = "bpf_attr",
        PerfEvent = "perf_event",
        BpfMap = "bpf_map",
        UserNamespace = "user_namespace",
        Capability = "capability",
        Kiocb = "kiocb",
        IovIter = "iov_iter",
        Credentials = "cred",
        ConstBuffer = "const_buf",
        LoadInfo = "load_info",
        Module = "module",
        Syscall64 = "syscall64",
        KernelCapabilities = "kernel_cap_t",
        CapabilitiesInheritable = "cap_inheritable",
        CapabilitiesPermitted = "cap_permitted",
        CapabilitiesEffective = "cap_effective",
        Binprm = "linux_binprm",
        DataLocation = "data_loc",
        NetDevice = "net_device",
        BpfCommand = "bpf_cmd",
        Dentry = "dentry",
        BpfProgram = "bpf_prog",
    }
}

/// Types that filters treat in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentClass {
    /// int, int32, uint32.
    Integer32,
    /// int64, uint64.
    Integer64,
    /// 8 and 16 bits, size_t (its low 32 bits) and syscall64: compared unsigned.
    IntegerSmall,
    /// Capability masks.
    CapabilityMask,
    /// Strings, and paths that are filtered as strings.
    Text,
    /// `file` and `path`.
    File,
    /// Sockets and packets.
    Network,
    /// `sockaddr`.
    SocketAddress,
    /// `sockaddr_un`.
    UnixAddress,
    /// Types that no operator can filter.
    Opaque,
}

/// How Tetragon treats an operator on a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Accepted and effective.
    Works,
    /// Accepted, but never matches.
    Never,
    /// Accepted, but always true: the filter has no effect.
    Always,
    /// Rejected by Tetragon.
    Rejected,
}

impl ArgumentType {
    /// Returns the class.
    #[must_use]
    pub fn class(self) -> ArgumentClass {
        match self {
            Self::Int | Self::Uint32 | Self::Sint32 | Self::Int32 => ArgumentClass::Integer32,
            Self::Ulong | Self::Uint64 | Self::Long | Self::Sint64 | Self::Int64 => ArgumentClass::Integer64,
            Self::Sint8
            | Self::Int8
            | Self::Uint8
            | Self::Sint16
            | Self::Int16
            | Self::Uint16
            | Self::Size
            | Self::Syscall64 => ArgumentClass::IntegerSmall,
            Self::KernelCapabilities
            | Self::CapabilitiesInheritable
            | Self::CapabilitiesPermitted
            | Self::CapabilitiesEffective => ArgumentClass::CapabilityMask,
            Self::String
            | Self::CharBuffer
            | Self::DataLocation
            | Self::NetDevice
            | Self::FileDescriptor
            | Self::Dentry
            | Self::Binprm => ArgumentClass::Text,
            Self::File | Self::Path => ArgumentClass::File,
            Self::Sock | Self::Socket | Self::SocketBuffer => ArgumentClass::Network,
            Self::SocketAddress => ArgumentClass::SocketAddress,
            Self::UnixAddress => ArgumentClass::UnixAddress,
            _ => ArgumentClass::Opaque,
        }
    }

    /// Returns whether values are read as signed numbers.
    #[must_use]
    pub fn is_signed(self) -> bool {
        matches!(
            self,
            Self::Int
                | Self::Sint8
                | Self::Int8
                | Self::Sint16
                | Self::Int16
                | Self::Sint32
                | Self::Int32
                | Self::Long
                | Self::Sint64
                | Self::Int64
                | Self::Size
        )
    }

    /// Returns the inclusive range of values that the argument can have, for types narrower than their values.
    #[must_use]
    pub fn narrow_range(self) -> Option<(i128, i128)> {
        match self {
            Self::Sint8 | Self::Int8 => Some((-128, 127)),
            Self::Uint8 => Some((0, 255)),
            Self::Sint16 | Self::Int16 => Some((-32_768, 32_767)),
            Self::Uint16 => Some((0, 65_535)),
            _ => None,
        }
    }

    /// Returns how many bytes one number of this type takes in an encoded filter.
    #[must_use]
    pub fn number_bytes(self) -> usize {
        match self.class() {
            ArgumentClass::Integer64 | ArgumentClass::CapabilityMask => 8,
            _ if self == Self::Syscall64 => 8,
            _ => 4,
        }
    }
}

impl ArgumentClass {
    /// Returns how Tetragon treats an operator with values on this class.
    #[must_use]
    pub fn fit(self, operator: Operator) -> Fit {
        use ArgumentClass as C;
        use Operator as O;
        let works_on = |classes: &[C]| if classes.contains(&self) { Fit::Works } else { Fit::Rejected };
        match operator {
            O::Equal | O::NotEqual => works_on(&[
                C::Integer32,
                C::Integer64,
                C::IntegerSmall,
                C::CapabilityMask,
                C::Text,
                C::File,
                C::UnixAddress,
            ]),
            O::GreaterThan | O::LessThan | O::Gt | O::Lt | O::Mask => {
                works_on(&[C::Integer32, C::Integer64, C::IntegerSmall, C::CapabilityMask])
            }
            O::InMap | O::NotInMap | O::InRange | O::NotInRange => {
                works_on(&[C::Integer32, C::Integer64, C::IntegerSmall])
            }
            O::Prefix | O::NotPrefix | O::SubString | O::SubStringIgnoreCase => match self {
                C::Text | C::File | C::UnixAddress => Fit::Works,
                C::Opaque => Fit::Always,
                _ => Fit::Never,
            },
            O::Postfix | O::NotPostfix => match self {
                C::Text | C::File => Fit::Works,
                C::Opaque => Fit::Always,
                _ => Fit::Never,
            },
            O::FileType | O::NotFileType => works_on(&[C::File]),
            O::CapabilitiesGained => works_on(&[C::CapabilityMask]),
            O::CelExpression => works_on(&[C::Integer32, C::Integer64]),
            O::SAddr | O::NotSAddr | O::SPort | O::NotSPort | O::SPortPriv | O::NotSPortPriv => {
                works_on(&[C::Network, C::SocketAddress])
            }
            O::DAddr
            | O::NotDAddr
            | O::DPort
            | O::NotDPort
            | O::DPortPriv
            | O::NotDPortPriv
            | O::Protocol
            | O::State => works_on(&[C::Network]),
            O::Family => works_on(&[C::Network, C::SocketAddress, C::UnixAddress]),
        }
    }
}
