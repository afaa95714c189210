//! What can be wrong with a file before it is read as a document.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes of [`super::Problem`].
pub const CODES: &[&Code] = &[
    &UNREADABLE_FILE,
    &NOT_A_FILE,
    &BINARY_FILE,
    &NOT_UTF8,
    &FILE_TOO_LARGE,
    &FOLDER_CIRCLE,
    &FOLDER_TOO_DEEP,
    &SKIPPED_DOCUMENT,
    &NOTHING_TO_READ,
];

pub(super) static UNREADABLE_FILE: Code = Code {
    id: "unreadable-file",
    title: "a file or folder cannot be read",
    severity: Severity::Error,
    explanation: "A path named on the command line, or a file or folder below a named folder, does not exist, \
                  may not be read, or is a link that leads nowhere or round in a loop. Leaving it out would compile a policy with a hole in it, so the run stops \
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
    explanation: "The limit for one file, and for standard input, is 1 GiB (1,073,741,824 bytes): places in a file \
                  are counted in 32 bits, and no file that a person reviews is this large. A file is refused by its \
                  size, before it is read.",
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

pub(super) static FOLDER_TOO_DEEP: Code = Code {
    id: "folder-too-deep",
    title: "folders are nested too deep to be read",
    severity: Severity::Error,
    explanation: "More than 128 folders lie in one another. A walk must end, and what lies deeper would be left out.",
    fires: Example::Situation("a policy file below 200 nested folders"),
    silent: Example::Situation("a policy file below three nested folders"),
};

pub(super) static SKIPPED_DOCUMENT: Code = Code {
    id: "skipped-document",
    title: "a policy document lies where no policies are read",
    severity: Severity::Error,
    explanation: "Some places are never read as policies: files and folders whose names start with a full stop, the \
                  output folder, folders that a compile wrote, `telovix.yaml`, and the trust root. A policy document \
                  in such a place would be left out, and nothing would enforce it, so it is an error.\n\n\
                  Files that the manifest of an output folder lists are artifacts and are fine; a document put \
                  there by hand is not. A link to a file that is read elsewhere is fine. `.git`, `.hg`, `.jj` and \
                  `.svn` are not searched.",
    fires: Example::Situation("`output: profiles` in `telovix.yaml`, where `profiles/` holds `amf.yaml`"),
    silent: Example::Situation("`output: compiled-policies`, where that folder holds what a compile wrote"),
};

pub(super) static NOTHING_TO_READ: Code = Code {
    id: "nothing-to-read",
    title: "no policy file was found",
    severity: Severity::Error,
    explanation: "Folders are searched for `*.yaml`, `*.yml` and `*.json`; names that start with a full stop, \
                  `telovix.yaml`, the trust root and the output folder are left out. A gate that reads nothing and passes \
                  would be worse than one that stops.",
    fires: Example::Situation("`telovix lint` in an empty folder"),
    silent: Example::Situation("the folder holds one policy file"),
};
