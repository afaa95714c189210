//! What can be wrong with a text before anyone asks what it means, each with an explanation.

use telovix_diagnostic::{Code, Example, Severity};

use super::limits;

/// The codes this room reports.
pub const CODES: &[&Code] = &[
    &ALIAS,
    &CONTROL_CHARACTER,
    &DUPLICATE_KEY,
    &EMPTY_FILE,
    &EMPTY_VALUE,
    &FOLDED_ITEM,
    &FOLDED_VALUE,
    &KEY_NOT_TEXT,
    &MERGE_KEY,
    &MISSING_FIELD,
    &NESTED_TOO_DEEPLY,
    &NO_DOCUMENT,
    &OUT_OF_RANGE,
    &SCALAR_TOO_LONG,
    &SOURCE_TOO_LARGE,
    &SYNTAX_ERROR,
    &TAG,
    &TOO_LONG,
    &TOO_MANY_ERRORS,
    &TOO_MANY_VALUES,
    &UNKNOWN_KEY,
    &UNKNOWN_VALUE,
    &WRONG_TYPE,
    &YAML_1_1_VALUE,
    &YAML_VERSION,
];

/// The codes that mean a document could not be parsed at all: the command could not run on it.
pub const UNPARSABLE: &[&Code] =
    &[&CONTROL_CHARACTER, &NESTED_TOO_DEEPLY, &SOURCE_TOO_LARGE, &SYNTAX_ERROR, &TOO_MANY_VALUES];

const MINIMAL: Example = Example::Text(
    "kind: GuardianProfile\n\
     name: amf\n\
     target_binary: /opt/amf/bin/amf\n",
);

/// The text is not YAML.
pub static SYNTAX_ERROR: Code = Code {
    id: "syntax-error",
    title: "the text is not YAML",
    severity: Severity::Error,
    explanation: "The parser stopped at the caret. Nothing is compiled from this document; other documents and \
        files are still read, so that all errors of a run are seen at once.\n\n\
        JSON is read too: it is YAML in brackets.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf: the access and mobility function\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: 'amf: the access and mobility function'\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
};

/// A byte that no text holds.
pub static CONTROL_CHARACTER: Code = Code {
    id: "control-character",
    title: "a control character stands in the text",
    severity: Severity::Error,
    explanation: "YAML text holds printable characters, tabs and line ends. Anything else means that the file is \
        not text (an archive, a key, UTF-16) or that an editor left something invisible behind. Nothing is \
        read from such a file: what a person reviewed is not what a program would see.\n\n\
        The same goes for a field whose value was written with an escape such as `\\0`: names and paths end up \
        in file names, signatures and terminals.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: \"amf\\0\"\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
    silent: MINIMAL,
};

/// A file beyond the size limit.
pub static SOURCE_TOO_LARGE: Code = Code {
    id: "source-too-large",
    title: "a file is larger than a policy can be",
    severity: Severity::Error,
    explanation: "One file may have 256 MiB, which is room for more than 100,000 profiles. A larger file is most \
        likely not a policy. Split it: any number of files can be compiled together.",
    fires: Example::Situation("a file of 300 MB; see the test `refuses_a_source_beyond_the_limit`"),
    silent: MINIMAL,
};

/// A scalar beyond the size limit.
pub static SCALAR_TOO_LONG: Code = Code {
    id: "scalar-too-long",
    title: "a value is longer than any field allows",
    severity: Severity::Error,
    explanation: "One value may have 64 KiB. The longest field of any document, a description, may have 2,000 \
        characters, so a longer value is a mistake or an attack on the reader.",
    fires: Example::Made("a name of 70,000 characters", || {
        format!(
            "kind: GuardianProfile\nname: {}\ntarget_binary: /opt/amf/bin/amf\n",
            "x".repeat(limits::SCALAR_BYTES + 1)
        )
    }),
    silent: MINIMAL,
};

/// Too many nodes.
pub static TOO_MANY_VALUES: Code = Code {
    id: "too-many-values",
    title: "a document has too many values",
    severity: Severity::Error,
    explanation: "One document may have a million values. Split a larger one: several documents can stand in one \
        file, separated by `---`.",
    fires: Example::Made("a list of a million names", || {
        format!("kind: GuardianProfile\nallowed_files: [{}]\n", "a,".repeat(limits::NODES))
    }),
    silent: MINIMAL,
};

/// More errors than anybody reads.
pub static TOO_MANY_ERRORS: Code = Code {
    id: "too-many-errors",
    title: "not all errors are listed",
    severity: Severity::Error,
    explanation: "All errors of a run are reported, up to a point: 100 syntax errors and 10,000 findings for one file, \
        1,000 findings for one list, 20 unknown keys for one mapping, 20 aliases, tags or repeated keys for \
        one document. Whatever passes that point was most likely not meant as a policy. The rest was not \
        looked at, so mend what is listed and run again.",
    fires: Example::Made("a profile with a hundred unknown keys", || {
        let keys: String = (0..100).map(|number| format!("key{number}: 1\n")).collect();
        format!("kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\n{keys}")
    }),
    silent: MINIMAL,
};

/// Too many levels.
pub static NESTED_TOO_DEEPLY: Code = Code {
    id: "nested-too-deeply",
    title: "a document is nested too deeply",
    severity: Severity::Error,
    explanation: "Lists and mappings may stand inside each other 64 levels deep. No document kind needs more than \
        a dozen.",
    fires: Example::Made("a hundred opening brackets", || "[".repeat(100)),
    silent: MINIMAL,
};

/// Anchors and aliases.
pub static ALIAS: Code = Code {
    id: "alias",
    title: "an anchor or alias stands in a policy",
    severity: Severity::Error,
    explanation: "`&name` and `*name` make one value stand for another, somewhere else in the file. A reviewer who \
        reads a hunk of a policy would not see what it allows, and a small file could stand for gigabytes. \
        Policies spell every value out; use a list in a PolicyPack, or several documents, to share.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_spawns: &programs [/bin/true]\n\
         allowed_files: *programs\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_spawns: [/bin/true]\n\
         allowed_files: [/bin/true]\n",
    ),
};

/// Merge keys.
pub static MERGE_KEY: Code = Code {
    id: "merge-key",
    title: "a merge key stands in a policy",
    severity: Severity::Error,
    explanation: "`<<` copies the entries of another mapping in YAML 1.1 and is an ordinary key in YAML 1.2, so \
        two readers of one file would see two policies. Write the entries out.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         <<: {name: amf}\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
    silent: MINIMAL,
};

/// Tags.
pub static TAG: Code = Code {
    id: "tag",
    title: "a tag stands in a policy",
    severity: Severity::Error,
    explanation: "`!!str` and its like tell a reader which type to make of a value. Here the field decides, and a \
        value that must be text is quoted. Tags of one's own have no meaning in a policy.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: !!str 5\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: \"5\"\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
};

/// A key given twice.
pub static DUPLICATE_KEY: Code = Code {
    id: "duplicate-key",
    title: "a key is given twice",
    severity: Severity::Error,
    explanation: "YAML readers disagree about which of two equal keys wins, so a policy with a repeated key has no \
        one meaning. Join the two values, or remove one.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_spawns: [/bin/true]\n\
         allowed_spawns: [/bin/false]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_spawns: [/bin/true, /bin/false]\n",
    ),
};

/// A key that is no scalar, or nothing.
pub static KEY_NOT_TEXT: Code = Code {
    id: "key-not-text",
    title: "a key is not text",
    severity: Severity::Error,
    explanation: "YAML allows lists and mappings as keys; no policy document has a use for them. Most often this \
        is a missing key before a colon, or a template placeholder such as `{{ name }}` without quotes.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: {{ release }}\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: '{{ release }}'\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
};

/// A list item over several lines.
pub static FOLDED_ITEM: Code = Code {
    id: "folded-list-item",
    title: "a list item goes on in the next line",
    severity: Severity::Error,
    explanation: "A line that is indented deeper than the item above continues it: YAML joins both with a space. So \
        `- /etc/shadow` and a deeper `- /root/` are one value, `/etc/shadow - /root/`, a path that nothing matches. No \
        list of a policy holds text of several lines, so this is refused in every list.\n\nGive all items of a list \
        one column.",
    fires: Example::Text(
        "mode: enforce\n\
         processes:\n\
         \x20 amf:\n\
         \x20   blocked_files:\n\
         \x20   - /etc/shadow\n\
         \x20     - /root/\n",
    ),
    silent: Example::Text(
        "mode: enforce\n\
         processes:\n\
         \x20 amf:\n\
         \x20   blocked_files:\n\
         \x20   - /etc/shadow\n\
         \x20   - /root/\n",
    ),
};

/// A value over several lines where one line is expected.
pub static FOLDED_VALUE: Code = Code {
    id: "folded-value",
    title: "a value goes on in the next line",
    severity: Severity::Error,
    explanation: "A line that is indented deeper than the key above continues its value: YAML joins both with a space. \
        Names, paths, ports and addresses stand on one line. Descriptions and reasons may have several.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         \x20 mode enforce\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         description: confines the AMF\n\
         \x20 of the core\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
};

/// Nothing in a file.
pub static EMPTY_FILE: Code = Code {
    id: "empty-file",
    title: "a policy file is empty",
    severity: Severity::Error,
    explanation: "An empty file is what a full disk or a broken checkout leaves of a policy. Compiling on would \
        quietly drop what it used to say.",
    fires: Example::Text(""),
    silent: MINIMAL,
};

/// Comments and nothing else.
pub static NO_DOCUMENT: Code = Code {
    id: "no-document",
    title: "a file holds no document",
    severity: Severity::Note,
    explanation: "The file has comments only, as a compiled profile in observe mode has. Nothing is compiled from it.",
    fires: Example::Text("# to be written\n"),
    silent: MINIMAL,
};

/// A `%YAML` directive with another version.
pub static YAML_VERSION: Code = Code {
    id: "yaml-version",
    title: "a document declares another YAML version",
    severity: Severity::Warning,
    explanation: "Policies are read as YAML 1.2, whatever a `%YAML` line says. In YAML 1.1 `no` is a boolean and \
        `0777` is 511; the warning `yaml-1-1-value` marks each such value.",
    fires: Example::Text(
        "%YAML 1.1\n\
         ---\n\
         kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
    silent: MINIMAL,
};

/// A value that YAML 1.1 reads differently.
pub static YAML_1_1_VALUE: Code = Code {
    id: "yaml-1-1-value",
    title: "YAML 1.1 reads this value differently",
    severity: Severity::Warning,
    explanation: "YAML 1.1 takes `no`, `on`, `y` and their like for booleans, `0777` for an octal number, `1:30` \
        for ninety, and `1_000` for a thousand. YAML 1.2, which is what a policy is read as, does not. Other \
        tools in the same pipeline may still read by the old rules, so quote such a value to make it text \
        for everyone.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: on\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: \"on\"\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
};

/// A key that the document kind does not have.
pub static UNKNOWN_KEY: Code = Code {
    id: "unknown-key",
    title: "a document has a key that its kind does not know",
    severity: Severity::Error,
    explanation: "A key that is not part of the document kind would be ignored, and with it whatever it was meant \
        to allow or forbid. So it is an error. Where a known key is near, the message names it.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_spawn: [/bin/true]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_spawns: [/bin/true]\n",
    ),
};

/// A required key that is absent.
pub static MISSING_FIELD: Code = Code {
    id: "missing-field",
    title: "a document lacks a required key",
    severity: Severity::Error,
    explanation: "The document kind cannot do without this key. `telovix explain` lists codes; the JSON Schema of \
        the document kind lists its keys and tells which are required.",
    fires: Example::Text("kind: GuardianProfile\nname: amf\n"),
    silent: MINIMAL,
};

/// A key without a value where that could mean two things, or a text without a character.
pub static EMPTY_VALUE: Code = Code {
    id: "empty-value",
    title: "a value is empty",
    severity: Severity::Error,
    explanation: "An absent allowlist does not confine, and an empty one allows nothing: opposite meanings. A key \
        without a value, or with `null`, could be either, so it has to be said. Write `[]` to allow nothing, \
        or remove the key.\n\n\
        Names and reasons need at least one character that is not a space.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_spawns:\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_spawns: []\n",
    ),
};

/// A value of another type.
pub static WRONG_TYPE: Code = Code {
    id: "wrong-type",
    title: "a value has another type than its field",
    severity: Severity::Error,
    explanation: "Each field takes text, a whole number, `true` or `false`, a list or a mapping. Plain values are \
        resolved by the YAML 1.2 core schema: `12` is a number, `true` a boolean, `yes` is text, and anything \
        in quotes is text.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: 5\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: \"5\"\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
};

/// A word outside a closed list.
pub static UNKNOWN_VALUE: Code = Code {
    id: "unknown-value",
    title: "a value is none of the words its field takes",
    severity: Severity::Error,
    explanation: "The field takes one of a few words, in lower case, and this is none of them. Where a known word \
        is near, the message names it.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforced\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n",
    ),
};

/// Text beyond the length of its field.
pub static TOO_LONG: Code = Code {
    id: "too-long",
    title: "a text is longer than its field allows",
    severity: Severity::Error,
    explanation: "Names have at most 128 characters and descriptions at most 2,000, as the Console stores them. A \
        longer text would be cut there or refused.",
    fires: Example::Made("a name of 129 characters", || {
        format!("kind: GuardianProfile\nname: {}\ntarget_binary: /opt/amf/bin/amf\n", "x".repeat(129))
    }),
    silent: Example::Made("a name of 128 characters", || {
        format!("kind: GuardianProfile\nname: {}\ntarget_binary: /opt/amf/bin/amf\n", "x".repeat(128))
    }),
};

/// A number outside the range of its field.
pub static OUT_OF_RANGE: Code = Code {
    id: "out-of-range",
    title: "a number is outside the range of its field",
    severity: Severity::Error,
    explanation: "The number is of the right type and too small or too large for what it counts.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         observation_window_hours: 0\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         observation_window_hours: 24\n",
    ),
};
