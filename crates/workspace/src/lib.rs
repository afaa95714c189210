//! A policy repository on disk: its root, settings, sources and output folder.
//!
//! ```text
//! path        paths as they are displayed, and the names of special files
//! bounded     a file or stream -> bytes, limited in size
//! known       a finding that the baseline accepts, and who accepts it
//! findings    findings and the sources they point into
//! error       why a repository cannot be opened or written, each error with its code
//! root        paths -> the root of the repository
//! agent       the fields that describe a Tetragon agent
//! kernel_btf  a file with BTF -> what the kernel has
//! target_file a target file -> the facts of a host
//! glob        patterns of the settings -> whether a path matches
//! settings    telovix.yaml -> typed settings
//! baseline    telovix-baseline.yaml -> the findings that are accepted until they are corrected
//! bundle      an output folder -> the files its manifest lists
//! sources     paths -> texts with names relative to the root, and read errors
//! repository  root + settings -> reading and compiling
//! repair      sources -> the same with the fixes of their findings
//! rewrite     new texts of files -> all files replaced, or none
//! output      artifacts -> an output folder that is replaced as a whole
//! replace     bytes -> files that are written as a whole or not at all
//! ```
//!
//! The compiler itself does no I/O; this crate does it for every tool that works on a repository: the command line, a
//! language server, a CI integration. It prints nothing and parses no arguments. Unix only: it identifies files by device
//! and inode, and exchanges folders with `renameat2` (Linux 3.15).

#![forbid(unsafe_code)]

mod agent;
pub mod baseline;
mod bounded;
pub mod bundle;
mod code;
mod error;
mod findings;
mod glob;
mod kernel_btf;
mod known;
pub mod output;
mod path;
mod repair;
mod replace;
mod repository;
pub mod rewrite;
mod root;
pub mod settings;
pub mod sources;
pub mod target_file;

pub use baseline::{BASELINE, Baseline};
pub use bounded::{LARGEST_FILE, read_file};
pub use code::codes;
pub use error::Error;
pub use findings::Findings;
pub use kernel_btf::KernelBtf;
pub use output::{OutputFolder, Replaced};
pub use path::{CONFIGURATION, STANDARD_INPUT, TRUST_ROOT, absolute, is_policy_name, shown};
pub use repair::{Repair, Rewritten};
pub use replace::{add_files, replace_file};
pub use repository::{Compilation, Repository};
pub use root::Root;
pub use settings::Settings;
pub use sources::{Input, LeftOut, Problem};
