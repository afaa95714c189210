//! Codes of findings about Tetragon policies.

use telovix_diagnostic::Code;

/// Declares codes, each with its page below `codes/` and, where the page only describes the example, the function
/// that builds it.
macro_rules! codes {
    ($list:ident, $about:literal: $($name:ident = $id:literal $(, $fires:ident)?;)+) => {
        $(
            #[doc = concat!("`", $id, "`")]
            pub(super) static $name: Code = Code::page(include_str!(concat!("codes/", $id, ".md")))$(.fires_on($fires))?;
        )+
        #[doc = $about]
        pub const $list: &[&Code] = &[$(&$name),+];
    };
}

codes! { REJECTIONS, "Policies that Tetragon rejects.":
    SCHEMA = "engine-schema";
    NAME = "engine-name";
    SECTIONS = "engine-sections";
    UNKNOWN_HOOK = "engine-unknown-hook";
    ARGUMENT = "engine-argument";
    OPERATOR = "engine-operator";
    VALUE = "engine-value";
    LIMIT = "engine-limit";
    ACTION = "engine-action";
    MACRO = "engine-macro";
    OPTION = "engine-option";
    UNAVAILABLE = "engine-unavailable";
    LIST = "engine-list";
    FOREIGN_SYMBOL = "engine-foreign-symbol";
    DUPLICATE_SYMBOL = "engine-duplicate-symbol";
    RELEASE = "engine-release";
}

codes! { OBJECTIONS, "Policies that Tetragon loads with another meaning than written, or that break a rule of the product.":
    NEVER_MATCHES = "engine-never-matches";
    ALWAYS_MATCHES = "engine-always-matches";
    EMPTY_VALUES = "engine-empty-values";
    ENCODED_SIZE = "engine-encoded-size", too_large;
    FILTER_MAPS = "engine-filter-maps", many_prefixes;
    SHARED_FILTERS = "engine-shared-filters";
    FIRST_ONLY = "engine-first-only";
    CRASH = "engine-crash";
    PROTOTYPE = "engine-prototype";
    ERROR_NUMBER = "engine-error-number";
    NO_EFFECT = "engine-no-effect";
    IGNORED = "engine-ignored";
    BTF_FUNCTION = "engine-btf-function";
    HIDDEN_ENFORCEMENT = "engine-hidden-enforcement";
    UNREACHABLE_SELECTOR = "engine-unreachable-selector";
    SHADOWED_SELECTOR = "engine-shadowed-selector";
    PATH_VALUE = "engine-path-value";
    UNFILTERED_ENFORCEMENT = "engine-unfiltered-enforcement";
    IPV4_ONLY_NEGATION = "engine-ipv4-only-negation";
    CONTRADICTING_ACTIONS = "engine-contradicting-actions";
    POLICY_MODE = "engine-policy-mode";
    OVERRIDE_UNAVAILABLE = "engine-override-unavailable";
    KPROBE_PROTOTYPE = "engine-kprobe-prototype";
    POINTER_RACE = "engine-pointer-race";
    SIZE_ARGUMENT = "engine-size-argument";
    SYSCALL_FLAG = "engine-syscall-flag";
    RESERVED_NAME = "engine-reserved-name";
    CUSTOM_NAME = "engine-custom-name";
    PRODUCT_DIALECT = "engine-product-dialect";
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
