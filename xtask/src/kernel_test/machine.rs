//! A kernel and an initramfs -> what the guest printed on its console.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::Mode;

const QEMU: &str = "qemu-system-x86_64";

/// Emulation is slow and machines differ; a guest that hangs is what this is for.
const PATIENCE: Duration = Duration::from_secs(2_400);

/// The same when a command is killed at every step that it takes.
const LONG_PATIENCE: Duration = Duration::from_secs(4 * 3_600);

/// A virtual machine that is ready to boot.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) kernel: PathBuf,
    pub(crate) initramfs: PathBuf,
    pub(crate) processor: &'static str,
}

/// Fails when no emulator is installed.
pub(crate) fn available() -> anyhow::Result<()> {
    let version = Command::new(QEMU)
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("`{QEMU}` is not installed"))?;
    if !version.success() {
        bail!("`{QEMU} --version` failed");
    }
    Ok(())
}

impl Machine {
    /// Boots, waits for power-off and returns the console's text.
    pub(super) fn boot(&self, mode: Mode, filter: &str, every_step: bool) -> anyhow::Result<String> {
        let word = match mode {
            Mode::Scenarios => "scenarios",
            Mode::Host | Mode::HostWithoutLsm => "host",
            Mode::Race => "race",
            Mode::Cost => "cost",
            Mode::Agent => "agent",
        };
        let mut append = format!(
            "console=ttyS0 quiet panic=-1 mitigations=off telovix.mode={word} telovix.filter={filter}"
        );
        if mode == Mode::HostWithoutLsm {
            append.push_str(" lsm=landlock,yama telovix.machine=without-bpf-lsm");
        }
        if every_step {
            append.push_str(" telovix.every");
        }
        // The agent is unpacked from the initramfs into memory.
        let memory = if mode == Mode::Agent { "3072" } else { "1536" };
        let mut command = Command::new(QEMU);
        command
            .args(["-accel", "tcg", "-cpu", self.processor, "-m", memory])
            .args(["-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio"])
            .arg("-kernel")
            .arg(&self.kernel)
            .arg("-initrd")
            .arg(&self.initramfs)
            .args(["-append", &append]);
        match mode {
            Mode::Scenarios | Mode::Host | Mode::HostWithoutLsm | Mode::Agent => command.args(["-smp", "1"]),
            Mode::Race => command.args(["-smp", "2"]),
            // One guest instruction is one nanosecond, so instructions can be counted.
            Mode::Cost => command.args(["-smp", "1", "-icount", "shift=0"]),
        };
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut stdout = child.stdout.take().context("no console")?;
        let reader = std::thread::spawn(move || {
            // A copy of the console, to follow a long run.
            let mut copy = std::env::var_os("TELOVIX_CONSOLE").and_then(|path| File::create(path).ok());
            let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
            while let Ok(length @ 1..) = stdout.read(&mut piece) {
                let piece = piece.get(..length).unwrap_or_default();
                let _ = copy.as_mut().map(|copy| copy.write_all(piece));
                bytes.extend_from_slice(piece);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let patience = if every_step { LONG_PATIENCE } else { PATIENCE };
        let start = Instant::now();
        while child.try_wait()?.is_none() {
            if start.elapsed() > patience {
                child.kill()?;
                child.wait()?;
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        reader.join().map_err(|_| anyhow::anyhow!("the console's reader died"))
    }
}
