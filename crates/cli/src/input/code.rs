//! What can be wrong with a file before it is read as a document.

use std::io;

use telovix_diagnostic::{Code, Diagnostic, Example, Severity};

/// The codes this room reports.
pub(crate) const CODES: &[&Code] = &[
    &UNREADABLE_FILE,
    &NOT_A_FILE,
    &BINARY_FILE,
    &NOT_UTF8,
    &FILE_TOO_LARGE,
    &FOLDER_CIRCLE,
    &NOTHING_TO_READ,
];

/// Says why a path cannot be read.
pub(super) fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    Diagnostic::new(&UNREADABLE_FILE, None, format!("cannot read `{name}`: {reason}"))
}

pub(super) static UNREADABLE_FILE: Code = Code {
    id: "unreadable-file",
    title: "a file or folder cannot be read",
    severity: Severity::Error,
    explanation: "A path named on the command line, or a policy file below a named folder, does not exist or \
                  may not be read. Leaving it out would compile a policy with a hole in it, so the run stops \
                  after everything else was read and reported.",
    fires: Example::Situation("`telovix compile missing.yaml`, or a policy file without read permission"),
    silent: Example::Situation("every named path exists and can be read"),
};

pub(super) static NOT_A_FILE: Code = Code {
    id: "not-a-file",
    title: "a policy file's name belongs to something else",
    severity: Severity::Error,
    explanation: "A pipe, socket or device in a folder has the name of a policy file. Reading it could wait \
                  forever. Name it on the command line to read it all the same: `telovix lint <(generate)`.",
    fires: Example::Situation("a named pipe `amf.yaml` in the folder"),
    silent: Example::Situation("a regular file `amf.yaml`, or a link to one"),
};

pub(super) static BINARY_FILE: Code = Code {
    id: "binary-file",
    title: "a policy file holds binary data",
    severity: Severity::Error,
    explanation: "The file holds zero bytes, which neither YAML nor JSON text has. An archive or an image was \
                  probably given a policy file's name.",
    fires: Example::Situation("`amf.yaml` is a gzip archive"),
    silent: Example::Situation("`amf.yaml` is text"),
};

pub(super) static NOT_UTF8: Code = Code {
    id: "not-utf8",
    title: "a policy file is not UTF-8",
    severity: Severity::Error,
    explanation: "Policies are read as UTF-8, so that a name means the same bytes to a person, to a signature \
                  and to the kernel. The message tells the first line that is not.",
    fires: Example::Situation("a file saved as Latin-1 with an accented letter in a description"),
    silent: Example::Situation("the same file saved as UTF-8"),
};

pub(super) static FILE_TOO_LARGE: Code = Code {
    id: "file-too-large",
    title: "a file is larger than 1 GiB",
    severity: Severity::Error,
    explanation: "Places in a file are counted in 32 bits, and no file that a person reviews is this large.",
    fires: Example::Situation("a file of 2 GiB"),
    silent: Example::Situation("100,000 profiles in one file of 300 MB"),
};

pub(super) static FOLDER_CIRCLE: Code = Code {
    id: "folder-circle",
    title: "a link leads back to a folder it lies in",
    severity: Severity::Warning,
    explanation: "Following the link would read the same files without end. It is not followed; the files \
                  are read once.",
    fires: Example::Situation("`policies/all -> ../policies`"),
    silent: Example::Situation("`policies/shared -> ../shared`"),
};

pub(super) static NOTHING_TO_READ: Code = Code {
    id: "nothing-to-read",
    title: "no policy file was found",
    severity: Severity::Error,
    explanation: "Folders are searched for `*.yaml`, `*.yml` and `*.json`; names that start with a full stop, \
                  `telovix.yaml` and the output folder are left out. A gate that reads nothing and passes \
                  would be worse than one that stops.",
    fires: Example::Situation("`telovix lint` in an empty folder"),
    silent: Example::Situation("the folder holds one policy file"),
};
