//! The enumerations of a Tetragon policy: operators, actions, namespaces, capability sets.
//!
//! Source: the enumerations of the CRD, `pkg/k8s/apis/cilium.io/client/crds/v1alpha1`.

/// Declares an enumeration and the keyword of each member.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`.")] $variant),+
        }

        impl $name {
            /// Every member.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the keyword in the policy.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}
pub(super) use vocabulary;

vocabulary! {
    /// How a filter compares an argument.
    Operator {
        Equal = "Equal",
        NotEqual = "NotEqual",
        Prefix = "Prefix",
        NotPrefix = "NotPrefix",
        Postfix = "Postfix",
        NotPostfix = "NotPostfix",
        GreaterThan = "GreaterThan",
        LessThan = "LessThan",
        Gt = "GT",
        Lt = "LT",
        Mask = "Mask",
        SPort = "SPort",
        NotSPort = "NotSPort",
        SPortPriv = "SPortPriv",
        NotSPortPriv = "NotSportPriv",
        DPort = "DPort",
        NotDPort = "NotDPort",
        DPortPriv = "DPortPriv",
        NotDPortPriv = "NotDPortPriv",
        SAddr = "SAddr",
        NotSAddr = "NotSAddr",
        DAddr = "DAddr",
        NotDAddr = "NotDAddr",
        Protocol = "Protocol",
        Family = "Family",
        State = "State",
        InMap = "InMap",
        NotInMap = "NotInMap",
        CapabilitiesGained = "CapabilitiesGained",
        InRange = "InRange",
        NotInRange = "NotInRange",
        SubString = "SubString",
        SubStringIgnoreCase = "SubStringIgnCase",
        CelExpression = "CelExpr",
        FileType = "FileType",
        NotFileType = "NotFileType",
    }
}

vocabulary! {
    /// How a filter compares an executable.
    BinaryOperator {
        In = "In",
        NotIn = "NotIn",
        Prefix = "Prefix",
        NotPrefix = "NotPrefix",
        Postfix = "Postfix",
        NotPostfix = "NotPostfix",
    }
}

vocabulary! {
    /// Whether a process filter matches its values or everything else.
    Membership { In = "In", NotIn = "NotIn" }
}

vocabulary! {
    /// A namespace of a process.
    NamespaceKind {
        Uts = "Uts",
        Ipc = "Ipc",
        Mnt = "Mnt",
        Pid = "Pid",
        PidForChildren = "PidForChildren",
        Net = "Net",
        Time = "Time",
        TimeForChildren = "TimeForChildren",
        Cgroup = "Cgroup",
        User = "User",
    }
}

vocabulary! {
    /// A capability set of a process.
    CapabilitySetKind { Effective = "Effective", Inheritable = "Inheritable", Permitted = "Permitted" }
}

vocabulary! {
    /// What a selector does if it matches.
    ActionKind {
        Post = "Post",
        Sigkill = "Sigkill",
        Override = "Override",
        GetUrl = "GetUrl",
        DnsLookup = "DnsLookup",
        NoPost = "NoPost",
        Signal = "Signal",
        TrackSock = "TrackSock",
        UntrackSock = "UntrackSock",
        NotifyEnforcer = "NotifyEnforcer",
        CleanupEnforcerNotification = "CleanupEnforcerNotification",
        Set = "Set",
    }
}

impl ActionKind {
    /// Returns whether the action enforces. Tetragon switches a policy without such an action to monitoring mode.
    #[must_use]
    pub fn enforces(self) -> bool {
        matches!(self, Self::Sigkill | Self::Signal | Self::Override | Self::NotifyEnforcer | Self::Set)
    }
}

impl Operator {
    /// Returns whether the operator is negated: it matches none of its values.
    #[must_use]
    pub fn is_negative(self) -> bool {
        matches!(
            self,
            Self::NotEqual
                | Self::NotPrefix
                | Self::NotPostfix
                | Self::NotSPort
                | Self::NotSPortPriv
                | Self::NotDPort
                | Self::NotDPortPriv
                | Self::NotSAddr
                | Self::NotDAddr
                | Self::NotInMap
                | Self::NotInRange
                | Self::NotFileType
        )
    }
}

impl BinaryOperator {
    /// Returns whether the operator is negated: it matches none of its values.
    #[must_use]
    pub fn is_negative(self) -> bool {
        matches!(self, Self::NotIn | Self::NotPrefix | Self::NotPostfix)
    }
}
