//! What there is to say about a document of the engine.

use telovix_diagnostic::{Code, Example, Severity};

/// A policy with one LSM hook: `hook: "file_open"` and what follows it.
macro_rules! lsm {
    ($hook:literal, $rest:literal) => {
        Example::Text(concat!(
            "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-example}\n",
            "spec:\n  lsmhooks:\n  - hook: ",
            $hook,
            "\n",
            $rest
        ))
    };
}

/// A policy with this spec.
macro_rules! spec {
    ($spec:literal) => {
        Example::Text(concat!(
            "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-example}\n",
            "spec:\n",
            $spec
        ))
    };
}

/// Declares codes and the list of them.
macro_rules! codes {
    ($list:ident, $about:literal: $($name:ident = $id:literal, $severity:ident, $title:literal, $explanation:literal, $fires:expr, $silent:expr;)+) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title, ".")]
            pub(super) static $name: Code = Code {
                id: $id,
                title: $title,
                severity: Severity::$severity,
                explanation: $explanation,
                fires: $fires,
                silent: $silent,
            };
        )+
        #[doc = $about]
        pub const $list: &[&Code] = &[$(&$name),+];
    };
}

codes! { REJECTIONS, "What the engine refuses to load.":
    SCHEMA = "engine-schema", Error, "the engine's schema refuses a field",
        "A key is unknown or spelled in another case, a required one is absent, or a value has the wrong type. \
         The engine decodes strictly and refuses the whole policy. Values of filters are always strings: quote numbers.",
        lsm!("file_open", "    arguments: []\n"),
        lsm!("file_open", "    args: []\n");
    NAME = "engine-name", Error, "a name is not one Kubernetes allows",
        "`metadata.name` is an RFC 1123 subdomain: lower-case letters, digits, `-` and `.`, at most 253 bytes. \
         Labels and annotations follow the rules of Kubernetes. The engine refuses anything else.",
        Example::Text("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-My_Rule}\nspec: {}\n"),
        Example::Text("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-my-rule}\nspec: {}\n");
    SECTIONS = "engine-sections", Error, "a policy has more than one section of hooks",
        "The engine loads one of `kprobes`, `fentries`, `tracepoints`, `lsmhooks`, `uprobes` and `usdts` per policy \
         and refuses a policy with two. Write one document for each.",
        spec!("  lsmhooks:\n  - hook: file_open\n  kprobes:\n  - call: sys_ptrace\n    syscall: true\n"),
        spec!("  lsmhooks:\n  - hook: file_open\n");
    UNKNOWN_HOOK = "engine-unknown-hook", Error, "no target kernel has the hook",
        "An LSM hook exists when the kernel's BTF has the function `bpf_lsm_<hook>`; the engine refuses a policy with \
         any other name. Hooks differ between kernels, and a kernel refuses to attach to some that it has.",
        lsm!("file_opened", "    args: []\n"),
        lsm!("file_open", "    args: []\n");
    ARGUMENT = "engine-argument", Error, "an argument cannot be read as declared",
        "The index, the type or the number of arguments is one the engine refuses at this kind of hook: at most five, \
         index 0 to 4, and a type of its own for each (`auto` only with `resolve`).",
        lsm!("file_open", "    args:\n    - {index: 5, type: file}\n"),
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n");
    OPERATOR = "engine-operator", Error, "the operator does not work on the argument's type",
        "Each operator works on some types. The engine refuses the others: a `sockaddr` has no destination port, for \
         example, because at `socket_connect` the address that is passed is its `S` side.",
        lsm!("socket_connect", "    args:\n    - {index: 1, type: sockaddr}\n    selectors:\n    - matchArgs:\n      - {index: 1, operator: DPort, values: [\"443\"]}\n"),
        lsm!("socket_connect", "    args:\n    - {index: 1, type: sockaddr}\n    selectors:\n    - matchArgs:\n      - {index: 1, operator: SPort, values: [\"443\"]}\n");
    VALUE = "engine-value", Error, "the engine cannot read a value",
        "A number, address, range or name is not one that the engine's encoder reads, or is outside the type's range.",
        lsm!("capable", "    args:\n    - {index: 2, type: int}\n    selectors:\n    - matchArgs:\n      - {index: 2, operator: InMap, values: [\"0x15\"]}\n"),
        lsm!("capable", "    args:\n    - {index: 2, type: int}\n    selectors:\n    - matchArgs:\n      - {index: 2, operator: InMap, values: [\"21\"]}\n");
    LIMIT = "engine-limit", Error, "a policy holds more than the engine takes",
        "The engine refuses more than 5 selectors, 5 filters on arguments, 4 numbers in a filter, 3 actions, and longer \
         texts than it has room for. Split the hook: the same hook may stand in a policy several times.",
        lsm!("capable", "    args:\n    - {index: 2, type: int}\n    selectors:\n    - matchArgs:\n      - {index: 2, operator: Equal, values: [\"1\", \"2\", \"3\", \"4\", \"5\"]}\n"),
        lsm!("capable", "    args:\n    - {index: 2, type: int}\n    selectors:\n    - matchArgs:\n      - {index: 2, operator: InMap, values: [\"1\", \"2\", \"3\", \"4\", \"5\"]}\n");
    ACTION = "engine-action", Error, "the hook does not take the action",
        "Each kind of hook takes some actions. `Override` works on system calls, `security_` functions and LSM hooks \
         only; on a `security_` function it also needs the option `disable-kprobe-multi`.",
        spec!("  kprobes:\n  - call: tcp_connect\n    syscall: false\n    selectors:\n    - matchActions:\n      - {action: Override, argError: -1}\n"),
        spec!("  kprobes:\n  - call: tcp_connect\n    syscall: false\n    selectors:\n    - matchActions:\n      - {action: Sigkill}\n");
    MACRO = "engine-macro", Error, "a macro cannot be expanded",
        "A selector names a macro that is not defined, a macro uses macros, or two of them fill one section.",
        spec!("  lsmhooks:\n  - hook: file_open\n    selectors:\n    - macros: [absent]\n"),
        spec!("  selectorsMacros:\n    present:\n      matchBinaries:\n      - {operator: In, values: [/bin/a]}\n  lsmhooks:\n  - hook: file_open\n    selectors:\n    - macros: [present]\n");
    OPTION = "engine-option", Error, "an option has a value the engine refuses",
        "The options the engine knows take a boolean, a number or one of a few words.",
        spec!("  options:\n  - {name: disable-kprobe-multi, value: \"maybe\"}\n  lsmhooks:\n  - hook: file_open\n"),
        spec!("  options:\n  - {name: disable-kprobe-multi, value: \"true\"}\n  lsmhooks:\n  - hook: file_open\n");
    UNAVAILABLE = "engine-unavailable", Error, "the policy needs a feature that is off on these hosts",
        "Workload selectors need Kubernetes, and `matchParentBinaries` needs the engine's map of parents. Without them \
         the engine refuses the policy.",
        lsm!("file_open", "    selectors:\n    - matchParentBinaries:\n      - {operator: In, values: [/bin/a]}\n"),
        lsm!("file_open", "    selectors:\n    - matchBinaries:\n      - {operator: In, values: [/bin/a]}\n");
    LIST = "engine-list", Error, "a list is not one the engine can use",
        "A hook or an enforcer names a list that is not there, or the list breaks the rules of its type.",
        spec!("  kprobes:\n  - call: list:absent\n    syscall: true\n"),
        spec!("  lists:\n  - {name: present, type: syscalls, values: [sys_ptrace]}\n  kprobes:\n  - call: list:present\n    syscall: true\n");
}

codes! { OBJECTIONS, "What the engine loads although it cannot mean what is written, or the product has a rule against.":
    NEVER_MATCHES = "engine-never-matches", Error, "a filter is accepted and never matches",
        "The engine loads the policy, and no event can ever match the filter: what the selector was to deny stays allowed.",
        lsm!("capable", "    args:\n    - {index: 2, type: int}\n    selectors:\n    - matchArgs:\n      - {index: 2, operator: Prefix, values: [\"1\"]}\n"),
        lsm!("capable", "    args:\n    - {index: 2, type: int}\n    selectors:\n    - matchArgs:\n      - {index: 2, operator: Equal, values: [\"1\"]}\n");
    ALWAYS_MATCHES = "engine-always-matches", Error, "a filter is accepted and does not filter",
        "The engine loads the policy and treats the filter as true: the selector acts on events it was not meant for. \
         A capability number, for example, is filtered as `int`, not as `capability`.",
        lsm!("capable", "    args:\n    - {index: 2, type: capability}\n    selectors:\n    - matchArgs:\n      - {index: 2, operator: Prefix, values: [\"1\"]}\n"),
        lsm!("capable", "    args:\n    - {index: 2, type: int}\n    selectors:\n    - matchArgs:\n      - {index: 2, operator: Equal, values: [\"1\"]}\n");
    EMPTY_VALUES = "engine-empty-values", Error, "a filter has no values",
        "The engine accepts a filter without values and then compares with unrelated bytes, drops the filter, or fails at load.",
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n    selectors:\n    - matchArgs:\n      - {index: 0, operator: Prefix, values: []}\n"),
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n    selectors:\n    - matchArgs:\n      - {index: 0, operator: Prefix, values: [/etc/]}\n");
    ENCODED_SIZE = "engine-encoded-size", Error, "the encoded selectors of a hook exceed 1,024 bytes",
        "The engine loads the policy and its programs then read selectors beyond 1,024 bytes from the wrong place: on \
         August 2026 the fifth selector of a hook of 1,124 bytes was not enforced. Split the hook into several entries.",
        Example::Made("a hook whose five selectors have five filters each", too_large),
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n    selectors:\n    - matchArgs:\n      - {index: 0, operator: Equal, values: [/etc/shadow]}\n");
    FILTER_MAPS = "engine-filter-maps", Error, "a hook needs more than 8 maps of one kind",
        "Values of filters lie in maps, eight of a kind for each hook: prefixes with those of `matchBinaries`, postfixes, \
         equal strings of one length class, numbers and ports, addresses. The ninth fails at load with a map error that \
         names no field. Split the hook into several entries.",
        Example::Made("a hook with nine filters by prefix", many_prefixes),
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n    selectors:\n    - matchArgs:\n      - {index: 0, operator: Prefix, values: [/etc/]}\n");
    SHARED_FILTERS = "engine-shared-filters", Error, "kprobes of one policy share their filters",
        "Where the kernel has multi-kprobe links, `matchBinaries` and number filters of one kprobe also apply to the \
         selectors of the same number in the policy's other kprobes. Write one kprobe a document, or set the option \
         `disable-kprobe-multi` to \"1\".",
        spec!("  kprobes:\n  - call: sys_ptrace\n    syscall: true\n    selectors:\n    - matchBinaries:\n      - {operator: In, values: [/bin/a]}\n  - call: sys_mount\n    syscall: true\n    selectors:\n    - matchBinaries:\n      - {operator: In, values: [/bin/b]}\n"),
        spec!("  options:\n  - {name: disable-kprobe-multi, value: \"1\"}\n  kprobes:\n  - call: sys_ptrace\n    syscall: true\n    selectors:\n    - matchBinaries:\n      - {operator: In, values: [/bin/a]}\n  - call: sys_mount\n    syscall: true\n    selectors:\n    - matchBinaries:\n      - {operator: In, values: [/bin/b]}\n");
    FIRST_ONLY = "engine-first-only", Error, "only the first entry of a filter is evaluated",
        "The engine accepts several entries of `matchPIDs`, `matchCapabilities` and `matchCapabilityChanges` and more than \
         four process ids, evaluates the first entry and four ids, and misreads what follows.",
        lsm!("file_open", "    selectors:\n    - matchCapabilities:\n      - {operator: In, values: [CAP_SYS_ADMIN]}\n      - {operator: In, values: [CAP_BPF]}\n"),
        lsm!("file_open", "    selectors:\n    - matchCapabilities:\n      - {operator: In, values: [CAP_SYS_ADMIN, CAP_BPF]}\n");
    CRASH = "engine-crash", Error, "the policy crashes the engine",
        "A `Postfix` filter with an empty value, a string of NUL characters alone, more than five arguments, or selectors \
         above 4,096 bytes crash the engine's daemon (seen in August 2026), and enforcement with it.",
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n    selectors:\n    - matchArgs:\n      - {index: 0, operator: Postfix, values: [\"\"]}\n"),
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n    selectors:\n    - matchArgs:\n      - {index: 0, operator: Postfix, values: [.so]}\n");
    PROTOTYPE = "engine-prototype", Error, "the hook has no such argument",
        "LSM arguments get no check in the engine: an index the hook does not have, or a type that the argument is not, \
         is accepted and never matches. Prototypes are those of the kernels' BTF.",
        lsm!("file_open", "    args:\n    - {index: 1, type: file}\n"),
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n");
    ERROR_NUMBER = "engine-error-number", Warning, "an LSM hook returns EPERM whatever is asked",
        "On LSM hooks of the engine of August 2026 `Override` returns EPERM for every `argError`; without one, or with \
         one above 0, the value is not what it seems. Write `argError: -1`.",
        lsm!("file_open", "    selectors:\n    - matchActions:\n      - {action: Override, argError: -13}\n"),
        lsm!("file_open", "    selectors:\n    - matchActions:\n      - {action: Override, argError: -1}\n");
    NO_EFFECT = "engine-no-effect", Error, "an action does nothing here",
        "The engine accepts the action and it has no effect at this hook, so what was to be prevented happens.",
        spec!("  tracepoints:\n  - subsystem: raw_syscalls\n    event: sys_enter\n    selectors:\n    - matchActions:\n      - {action: Override, argError: -1}\n"),
        spec!("  tracepoints:\n  - subsystem: raw_syscalls\n    event: sys_enter\n    selectors:\n    - matchActions:\n      - {action: Sigkill}\n");
    IGNORED = "engine-ignored", Warning, "the engine ignores or shortens what is written",
        "The engine accepts the text and does nothing with it, or cuts it: an unknown option, another `apiVersion`, \
         filters on a return that is not hooked, host bits of a block, a long message.",
        spec!("  options:\n  - {name: policy-modes, value: monitor}\n  lsmhooks:\n  - hook: file_open\n"),
        spec!("  options:\n  - {name: policy-mode, value: monitor}\n  lsmhooks:\n  - hook: file_open\n");
    HIDDEN_ENFORCEMENT = "engine-hidden-enforcement", Error, "enforcement stands where the engine does not look for it",
        "The engine decides from `matchActions` of the selectors alone whether a policy enforces. Enforcement that comes \
         only from a macro or from `matchReturnActions` leaves the policy in monitoring mode.",
        spec!("  selectorsMacros:\n    stop:\n      matchActions:\n      - {action: Sigkill}\n  kprobes:\n  - call: sys_ptrace\n    syscall: true\n    selectors:\n    - macros: [stop]\n"),
        spec!("  kprobes:\n  - call: sys_ptrace\n    syscall: true\n    selectors:\n    - matchActions:\n      - {action: Sigkill}\n");
    UNREACHABLE_SELECTOR = "engine-unreachable-selector", Warning, "a selector is never consulted",
        "The first selector that matches acts and the later ones are not consulted, so nothing behind a selector without \
         filters can act.",
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n    selectors:\n    - matchActions:\n      - {action: Post}\n    - matchArgs:\n      - {index: 0, operator: Prefix, values: [/etc/]}\n      matchActions:\n      - {action: Override, argError: -1}\n"),
        lsm!("file_open", "    args:\n    - {index: 0, type: file}\n    selectors:\n    - matchArgs:\n      - {index: 0, operator: Prefix, values: [/etc/]}\n      matchActions:\n      - {action: Override, argError: -1}\n    - matchActions:\n      - {action: Post}\n");
    SYSCALL_FLAG = "engine-syscall-flag", Warning, "a kprobe does not say whether it is a system call",
        "The engine takes an absent `syscall` for `true`, its documentation says `false`, and Telovix sensors require the key.",
        spec!("  kprobes:\n  - call: sys_ptrace\n"),
        spec!("  kprobes:\n  - call: sys_ptrace\n    syscall: true\n");
    RESERVED_NAME = "engine-reserved-name", Error, "the name belongs to a policy of the product",
        "Sensors load policies of their own under names such as `telovix-lsm-baseline`; another policy of that name would \
         replace one of them, or fail to load.",
        Example::Text("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-lsm-baseline}\nspec: {}\n"),
        Example::Text("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-lsm}\nspec: {}\n");
    CUSTOM_NAME = "engine-custom-name", Error, "an operator's policy is not named as one",
        "The Console takes operators' policies whose `metadata.name` starts with `telovix-custom-`; other prefixes are for \
         policies of the system.",
        Example::Text("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: my-rule}\nspec: {}\n"),
        Example::Text("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-my-rule}\nspec: {}\n");
    PRODUCT_DIALECT = "engine-product-dialect", Warning, "the Console documents no such policy",
        "Telovix sensors take one of `kprobes`, `lsmhooks` and `uprobes`, and `Override` on LSM hooks only. The engine \
         itself takes more.",
        spec!("  kprobes:\n  - call: sys_ptrace\n    syscall: true\n    selectors:\n    - matchActions:\n      - {action: Override, argError: -1}\n"),
        spec!("  kprobes:\n  - call: sys_ptrace\n    syscall: true\n    selectors:\n    - matchActions:\n      - {action: Signal, argSig: 9}\n");
}

fn too_large() -> String {
    let filters = "      - {index: 0, operator: Equal, values: [/etc/shadow]}\n".repeat(5);
    let selectors = format!("    - matchArgs:\n{filters}").repeat(5);
    file_open(&selectors)
}

fn many_prefixes() -> String {
    let filter = "      - {index: 0, operator: Prefix, values: [/etc/]}\n";
    let selectors = format!("    - matchArgs:\n{}", filter.repeat(3)).repeat(3);
    file_open(&selectors)
}

fn file_open(selectors: &str) -> String {
    format!(
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: telovix-custom-example}}\nspec:\n  \
         lsmhooks:\n  - hook: file_open\n    args:\n    - {{index: 0, type: file}}\n    selectors:\n{selectors}"
    )
}
