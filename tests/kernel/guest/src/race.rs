//! Policies under fire -> how many attempts got through that must not: races, and switches under load.

use std::fs::File;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use telovix_bpf_programs::image::Image;
use telovix_bpf_runtime::{Places, apply, status, switch};

use crate::{policy, sys};

const RACERS: usize = 8;

/// Processes that rename files of their own and mount, without end.
const SPINNERS: usize = 4;

/// What the races are about: who is confined, and what is denied or allowed to it.
const KINDS: [&str; 7] = ["open", "connect", "exec", "allowed", "allowed-deep", "template", "subject"];

/// A program whose path has twelve components.
const SUBJECT: &str = "/opt/a/b/c/d/e/f/g/h/i/j/subject";
const ATTEMPTS: usize = 25_000;
const SWITCHES: usize = 100;

/// How long one kind of race may take on a slow emulator; what was attempted by then is what is reported.
const PATIENCE: Duration = Duration::from_secs(100);

/// One of two policies that differ in which of two files is denied.
fn image(denied: &str) -> Image {
    policy::image("race", &profile(denied)).expect("the policy compiles")
}

fn profile(denied: &str) -> String {
    let allowed = if denied == "a" { "b" } else { "a" };
    format!(
        "kind: GuardianProfile\nname: racer\ntarget_binary: /opt/racer\nmode: enforce\n\
         allowed_files: [/srv/open, /srv/{allowed}, /srv/deep, /proc, /dev]\nallowed_spawns: [/opt/tool]\n\
         allowed_dst_ports: [\"80\"]\nallowed_dst_cidrs: [127.0.0.1/32]\n\
         ---\nkind: GuardianProfile\nname: subject\ntarget_binary: {SUBJECT}\nmode: enforce\n\
         allowed_files: [/srv/open, /proc, /dev]\n\
         ---\nkind: EnforcementRule\nname: tmp\ntemplate: block-execve-tmp\n"
    )
}

/// A path of 100 folders and a file.
fn deep(folder: &str, name: &str) -> String {
    format!("{folder}{}/{name}", "/d".repeat(100))
}

/// Runs every stage whose name holds the filter, and prints verdicts.
pub(crate) fn run(filter: &str) {
    for name in ["secret", "open", "a", "b"] {
        std::fs::write(format!("/srv/{name}"), "x").expect("a file");
    }
    let evil = deep("/tmp", "evil");
    for name in ["/opt/racer", "/opt/free", "/opt/evil", SUBJECT, &evil] {
        let parent = std::path::Path::new(name).parent().expect("a folder");
        std::fs::create_dir_all(parent).expect("a folder");
        std::fs::hard_link("/init", name).expect("a link");
    }
    let allowed = deep("/srv/deep", "open");
    std::fs::create_dir_all(std::path::Path::new(&allowed).parent().expect("a folder")).expect("a folder");
    std::fs::write(&allowed, "x").expect("a file");
    load(&image("a"));
    for kind in KINDS {
        if format!("race-{kind}").contains(filter) {
            leaks(kind);
        }
    }
    if "switch".contains(filter) {
        switches();
    }
    println!("@@ INFO removed {:?}", switch::remove(&Places::default()));
}

fn load(image: &Image) {
    apply::apply(&Places::default(), image, &apply::Options::default()).expect("an apply");
}

/// Starts the racers: confined ones, except where rules for everybody or the start of a subject are tried.
fn racers(kind: &str, attempts: usize) -> Vec<Child> {
    let program = if matches!(kind, "template" | "subject") { "/opt/free" } else { "/opt/racer" };
    let racer = |_| {
        Command::new(program)
            .args(["race", kind, &attempts.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a racer")
    };
    (0..RACERS).map(racer).collect()
}

/// Adds up what the racers report: attempts, and wrong outcomes.
fn collect(racers: Vec<Child>) -> (u64, u64) {
    let mut sums = (0, 0);
    for racer in racers {
        let output = racer.wait_with_output().expect("a report");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut numbers = text.split_ascii_whitespace().map_while(|word| word.parse::<u64>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(attempts), Some(wrong)) => sums = (sums.0 + attempts, sums.1 + wrong),
            _ => sums.1 += 1,
        }
    }
    sums
}

fn leaks(kind: &str) {
    let spinner = |number: usize| {
        Command::new("/init").args(["noise", &number.to_string()]).spawn().expect("a spinner")
    };
    let mut spinners: Vec<Child> = (0..SPINNERS).map(spinner).collect();
    let (attempts, leaked) = collect(racers(kind, ATTEMPTS));
    for spinner in &mut spinners {
        let _ = spinner.kill();
        let _ = spinner.wait();
    }
    let state = status::status(&Places::default(), &telovix_bpf_runtime::Scope::default());
    let doubts = state.map(|state| (state.walks, state.doubts, state.dropped)).unwrap_or_default();
    let enough = attempts >= 200_000;
    let word = if leaked > 0 { "FAIL" } else { "PASS" };
    let note = if enough { "" } else { " (stopped by the clock)" };
    println!(
        "@@ {word} race-{kind}: {leaked} of {attempts} ended wrong{note}; walks, doubts, dropped {doubts:?}"
    );
}

fn switches() {
    let images = [image("a"), image("b")];
    let racers = racers("switch", usize::MAX);
    std::thread::sleep(Duration::from_millis(500));
    for number in 0..SWITCHES {
        load(&images[(number + 1) % 2]);
    }
    std::fs::write("/run/stop", "").expect("a file");
    let (attempts, wrong) = collect(racers);
    let _ = std::fs::remove_file("/run/stop");
    let word = if wrong > 0 || attempts < 100_000 { "FAIL" } else { "PASS" };
    println!("@@ {word} switch: {wrong} wrong verdicts of {attempts} in {SWITCHES} switches");
}

/// Renames and mounts without end.
pub(crate) fn noise(number: &str) -> ExitCode {
    let [mount, one, two] = ["mount", "one", "two"].map(|name| format!("/run/noise-{number}/{name}"));
    let _ = std::fs::create_dir_all(&mount);
    let _ = std::fs::write(&one, "");
    loop {
        for _ in 0..20 {
            let _ = std::fs::rename(&one, &two);
            let _ = std::fs::rename(&two, &one);
        }
        let _ = sys::mount("none", &mount, "tmpfs", 0);
        let folder = sys::text(&mount);
        let _ = sys::call(libc::SYS_umount2, [folder.as_ptr() as i64, 0, 0, 0, 0, 0]);
    }
}

/// A racer: prints attempts, and how many ended as they must not.
pub(crate) fn race(kind: &str, attempts: &str) -> ExitCode {
    let attempts: u64 = attempts.parse().unwrap_or(0);
    let [secret, open, evil] = ["/srv/secret", "/srv/open", "/opt/evil"].map(sys::text);
    let [deep_open, deep_evil] =
        [deep("/srv/deep", "open"), deep("/tmp", "evil")].map(|path| sys::text(&path));
    // If it were let through, this process would be another program and report nothing.
    let executed = |path: &std::ffi::CStr| {
        let arguments = [path.as_ptr(), std::ptr::null()];
        let words = [path.as_ptr() as i64, arguments.as_ptr() as i64, 0, 0, 0, 0];
        sys::call(libc::SYS_execve, words).err().and_then(|error| error.raw_os_error()) != Some(libc::EPERM)
    };
    let opened = |path: i64| match sys::call(libc::SYS_openat, [i64::from(libc::AT_FDCWD), path, 0, 0, 0, 0])
    {
        Ok(number) => sys::call(libc::SYS_close, [number, 0, 0, 0, 0, 0]).is_ok(),
        Err(_) => false,
    };
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket");
    let number = i64::from(std::os::fd::AsRawFd::as_raw_fd(&socket));
    let mut address = [0_u8; 16];
    address[..8].copy_from_slice(&[2, 0, 0, 53, 127, 0, 0, 1]);
    let start = Instant::now();
    let (mut done, mut wrong) = (0_u64, 0_u64);
    while done < attempts && start.elapsed() < PATIENCE {
        wrong += u64::from(match kind {
            "open" => opened(secret.as_ptr() as i64),
            "connect" => sys::call(libc::SYS_connect, [number, address.as_ptr() as i64, 16, 0, 0, 0]).is_ok(),
            "exec" => executed(&evil),
            "template" => executed(&deep_evil),
            "allowed" => !opened(open.as_ptr() as i64),
            "allowed-deep" => !opened(deep_open.as_ptr() as i64),
            "subject" => {
                let status = Command::new(SUBJECT).args(["open-read", "/srv/secret"]).status();
                status.ok().and_then(|status| status.code()) != Some(libc::EPERM)
            }
            _ => {
                if done % 64 == 0 && File::open("/proc/self/stat").is_err() {
                    wrong += 1;
                }
                if done % 256 == 0 && std::path::Path::new("/run/stop").exists() {
                    break;
                }
                done += 1;
                opened(secret.as_ptr() as i64) || !opened(open.as_ptr() as i64)
            }
        });
        done += 1;
    }
    println!("{done} {wrong}");
    ExitCode::SUCCESS
}
