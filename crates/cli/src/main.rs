//! The `telovix` binary: parse arguments, run one command, exit by the table.

fn main() {}
