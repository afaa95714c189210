//! Policies of growing size -> guest instructions per operation, for a task outside and a task inside.
//!
//! The machine runs with `-icount shift=0`: one instruction is one nanosecond, and the time-stamp counter counts
//! instructions. Each figure is the smallest of 15 batches after one to warm up, when the guest has settled.

use std::io::{PipeReader, PipeWriter, Read as _, Write as _};
use std::process::{Command, ExitCode};
use std::time::Duration;

use telovix_bpf_programs::image::Image;
use telovix_bpf_runtime::{Places, apply, status, switch};

use crate::{policy, sys};

const FILE: &str = "/srv/data/app001/dir0001/x";
const OTHER_FILE: &str = "/srv/data/app001/dir0002/x";
const BATCHES: usize = 15;

/// Policies that are compiled before the machine boots, since a guest would take long: name and text.
pub(crate) fn policies() -> Vec<(&'static str, String)> {
    vec![
        ("rules-10", profile(10)),
        ("rules-1000", profile(1_000)),
        ("rules-100000", profile(100_000)),
        ("profiles-1000", (0..1_000).map(other_profile).collect()),
    ]
}

/// A profile of the bench program with this many files, of which the bench opens one.
fn profile(rules: u32) -> String {
    let mut text =
        "kind: GuardianProfile\nname: bench\ntarget_binary: /opt/bench\nmode: enforce\n".to_owned();
    text.push_str("allowed_dst_ports: [\"9\"]\nallowed_dst_cidrs: [127.0.0.0/8]\n");
    text.push_str("allowed_spawns: [/opt/tiny]\nallowed_files:\n  - /proc\n  - /dev\n  - /run\n");
    for rule in 1..=rules {
        text.push_str(&format!("  - /srv/data/app{:03}/dir{rule:04}/x\n", rule.div_ceil(1_000)));
    }
    text
}

fn other_profile(number: u32) -> String {
    format!(
        "---\nkind: GuardianProfile\nname: other {number}\ntarget_binary: /opt/other/{number}\nmode: enforce\n\
         allowed_files: [/usr/lib, /etc/other/{number}, /var/lib/other/{number}]\n\
         allowed_spawns: [/usr/bin/other-{number}]\nallowed_dst_ports: [\"{}\"]\nallowed_dst_cidrs: [10.{}.0.0/16]\n",
        1_000 + number,
        number % 256
    )
}

/// Measures the policies whose name has `filter` in it and prints one line for each figure.
pub(crate) fn run(filter: &str) {
    for file in [FILE, OTHER_FILE] {
        std::fs::create_dir_all(std::path::Path::new(file).with_file_name("")).expect("a folder");
        std::fs::write(file, "x").expect("a file");
    }
    std::fs::write("/opt/tiny", tiny()).expect("a program");
    std::fs::set_permissions("/opt/tiny", std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("a mode");
    for name in ["/opt/bench", "/opt/outside"] {
        std::fs::hard_link("/init", name).expect("a link");
    }
    std::thread::sleep(Duration::from_secs(5));
    measure("none", "/opt/bench");
    let names = ["profiles-1000", "rules-10", "rules-1000", "rules-100000"];
    for name in names.into_iter().filter(|name| name.contains(filter)) {
        let image = std::fs::read(format!("/images/{name}")).expect("an image");
        let image = Image::read(&image).expect("a valid image");
        let start = std::time::Instant::now();
        let applied = apply::apply(&Places::default(), &image, &apply::Options::default()).expect("an apply");
        println!(
            "@@ COST load {name} programs {} kernel-bytes {} file-bytes {} guest-ms {}",
            applied.programs,
            image.kernel_bytes(),
            image.write().len(),
            start.elapsed().as_millis()
        );
        std::thread::sleep(Duration::from_secs(2));
        measure(&format!("{name}/outside"), "/opt/outside");
        if name.starts_with("rules") {
            measure(&format!("{name}/inside"), "/opt/bench");
        }
        let state = status::status(&Places::default(), &telovix_bpf_runtime::Scope::default());
        println!("@@ COST walks {name} {:?}", state.map(|state| (state.walks, state.doubts)));
    }
    println!("@@ COST removed {:?}", switch::remove(&Places::default()));
    std::thread::sleep(Duration::from_secs(2));
    measure("removed", "/opt/bench");
}

fn measure(case: &str, program: &str) {
    for operation in ["open", "connect", "walk", "walk-elsewhere", "exec"] {
        let output = Command::new(program).args(["cost", operation]).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        println!("@@ COST {operation} {case} {}", text.unwrap_or_default());
    }
}

/// Runs in the measured process.
pub(crate) fn bench(operation: &str) -> ExitCode {
    let file = sys::text(FILE);
    let open = |path: i64| {
        let number = sys::call(libc::SYS_openat, [i64::from(libc::AT_FDCWD), path, 0, 0, 0, 0]);
        sys::call(libc::SYS_close, [number.expect("it is allowed"), 0, 0, 0, 0, 0]).expect("it is open");
    };
    let figure = match operation {
        "open" => smallest(500, || open(file.as_ptr() as i64)),
        "connect" => {
            let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket");
            let number = i64::from(std::os::fd::AsRawFd::as_raw_fd(&socket));
            let mut address = [0_u8; 16];
            address[..8].copy_from_slice(&[2, 0, 0, 9, 127, 0, 0, 1]);
            smallest(1_000, || {
                sys::call(libc::SYS_connect, [number, address.as_ptr() as i64, 16, 0, 0, 0])
                    .expect("it is allowed");
            })
        }
        // The same open when another process has renamed something, so that no note is good.
        "walk" => walk(&mut || open(file.as_ptr() as i64)),
        // And when the task has been elsewhere meanwhile.
        "walk-elsewhere" => {
            let mut files = [file, sys::text(OTHER_FILE)];
            walk(&mut || {
                files.reverse();
                open(files[0].as_ptr() as i64);
            })
        }
        "exec" => smallest(30, || {
            sys::spawn_and_wait("/opt/tiny").expect("it is allowed");
        }),
        _ => return ExitCode::from(2),
    };
    println!("{figure}");
    ExitCode::SUCCESS
}

/// What an open costs after a rename by another process, whose own cost is left out.
fn walk(open: &mut dyn FnMut()) -> u64 {
    let mut renamer = Renamer::start();
    let both = smallest(400, || {
        renamer.rename();
        open();
    });
    both - smallest(400, || renamer.rename())
}

/// Another process, which renames a file to and fro whenever it is told to.
struct Renamer {
    tell: PipeWriter,
    hear: PipeReader,
}

impl Renamer {
    fn start() -> Self {
        let (mut told, tell) = std::io::pipe().expect("a pipe");
        let (hear, mut answer) = std::io::pipe().expect("a pipe");
        std::fs::write("/run/one", "x").expect("it is allowed");
        if sys::fork().expect("a process") == 0 {
            drop((tell, hear));
            let (mut names, mut byte) = (["/run/one", "/run/two"], [0]);
            while told.read_exact(&mut byte).is_ok() {
                std::fs::rename(names[0], names[1]).expect("it is allowed");
                names.reverse();
                answer.write_all(&byte).expect("somebody waits");
            }
            std::fs::rename(names[0], "/run/one").expect("it is allowed");
            sys::exit_now();
        }
        Self { tell, hear }
    }

    fn rename(&mut self) {
        self.tell.write_all(&[0]).expect("it listens");
        self.hear.read_exact(&mut [0]).expect("it answers");
    }
}

fn smallest(times: u64, mut operation: impl FnMut()) -> u64 {
    (0..=BATCHES)
        .map(|_| {
            let start = sys::instructions();
            for _ in 0..times {
                operation();
            }
            (sys::instructions() - start) / times
        })
        .skip(1)
        .min()
        .unwrap_or(0)
}

/// A static program of two instructions: exit(0).
fn tiny() -> Vec<u8> {
    let code = [0x31, 0xff, 0xb0, 0x3c, 0x0f, 0x05];
    let (start, header) = (0x40_0000_u64, 64 + 56_u64);
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    for half in [2_u16, 62] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1_u32.to_le_bytes());
    for word in [start + header, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, 1, 0, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1_u32.to_le_bytes());
    file.extend(5_u32.to_le_bytes());
    let size = header + code.len() as u64;
    for word in [0, start, start, size, size, 4096] {
        file.extend(word.to_le_bytes());
    }
    file.extend(code);
    file
}

/// Compiles the policies into a folder, on the machine that builds the guest.
pub(crate) fn compile(folder: &str) -> ExitCode {
    for (name, text) in policies() {
        match policy::image(name, &text) {
            Ok(image) => {
                std::fs::write(format!("{folder}/{name}"), image.write()).expect("it can be written");
            }
            Err(error) => {
                eprintln!("{name}: {error:#}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
