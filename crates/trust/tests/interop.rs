//! Keys and signatures pass between this crate, OpenSSL and OpenSSH, in both directions and every encoding.
//!
//! Where a tool is not installed its tests say so and check nothing; CI installs both.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use telovix_trust::key::file::{KeyFileError, read_private_bytes, read_public, write_private, write_public};
use telovix_trust::key::{Encoding, Passphrase, read};
use telovix_trust::policy::{self, PolicyName};
use telovix_trust::signer::{AgentError, AgentSigner, agent_keys};
use telovix_trust::{KeyError, PrivateKey, Signature, Signer as _};

const NAME: &str = "telovix-custom-a.yaml";
const CONTENT: &[u8] = b"apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\n";
const PASSPHRASE: &str = "correct horse";

#[test]
fn openssl_verifies_what_any_encoding_of_its_keys_signs() {
    let Some(openssl) = Tool::find("openssl") else { return };
    openssl.run("genpkey -algorithm ed25519 -out key.pem");
    openssl.run("pkey -in key.pem -pubout -out key.pub");
    openssl.run("pkey -in key.pem -outform DER -out key.der");
    openssl.run("pkcs8 -topk8 -in key.pem -out pbkdf2.pem -v2 aes-256-cbc -passout pass:correct\\ horse");
    openssl.run("pkcs8 -topk8 -in key.pem -out scrypt.pem -scrypt -passout pass:correct\\ horse");
    let seed = openssl.read("key.der").split_off(16);
    openssl.put("raw", &seed);
    openssl.put("hex", hex(&seed).as_bytes());
    openssl.put("upper", format!("{}\n", hex(&seed).to_uppercase()).as_bytes());
    openssl.put("base64", openssl.output("enc -base64 -in raw").as_bytes());
    openssl.put("der64", openssl.output("enc -base64 -A -in key.der").as_bytes());
    let (public, _) = read_public(&openssl.at("key.pub")).expect("OpenSSL's public key");
    openssl.put("go", &[seed.as_slice(), &public.to_bytes()].concat());

    let cases = [
        ("key.pem", Encoding::Pkcs8Pem),
        ("key.der", Encoding::Pkcs8Der),
        ("pbkdf2.pem", Encoding::EncryptedPkcs8Pem),
        ("scrypt.pem", Encoding::EncryptedPkcs8Pem),
        ("raw", Encoding::Raw),
        ("go", Encoding::Raw),
        ("hex", Encoding::Hex),
        ("upper", Encoding::Hex),
        ("base64", Encoding::Base64),
        ("der64", Encoding::Base64),
    ];
    for (file, expected) in cases {
        let (key, encoding) = read::private_key(&openssl.read(file), Some(&passphrase()))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(encoding, expected, "{file}");
        assert_eq!(key.public_key(), public, "{file}");
        openssl.verify("key.pub", &sign(&key));
    }
}

#[test]
fn what_openssl_signs_verifies_under_any_encoding_of_its_public_key() {
    let Some(openssl) = Tool::find("openssl") else { return };
    openssl.run("genpkey -algorithm ed25519 -out key.pem");
    openssl.run("pkey -in key.pem -pubout -out spki.pem");
    openssl.run("pkey -in key.pem -pubout -outform DER -out spki.der");
    openssl.put("message", &message());
    openssl.run("pkeyutl -sign -inkey key.pem -rawin -in message -out signature");
    let signature = Signature::from_bytes(openssl.read("signature").try_into().expect("64 bytes"));
    let raw = openssl.read("spki.der").split_off(12);
    openssl.put("raw", &raw);
    openssl.put("hex", hex(&raw).as_bytes());
    openssl.put("base64", openssl.output("enc -base64 -in raw").as_bytes());
    openssl.put("spki64", openssl.output("enc -base64 -A -in spki.der").as_bytes());
    openssl.put(
        "crlf.pem",
        String::from_utf8(openssl.read("spki.pem")).expect("text").replace('\n', "\r\n").as_bytes(),
    );
    let cases = [
        ("spki.pem", Encoding::SpkiPem),
        ("crlf.pem", Encoding::SpkiPem),
        ("spki.der", Encoding::SpkiDer),
        ("raw", Encoding::Raw),
        ("hex", Encoding::Hex),
        ("base64", Encoding::Base64),
        ("spki64", Encoding::Base64),
    ];
    for (file, expected) in cases {
        let (key, encoding) =
            read::public_key(&openssl.read(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(encoding, expected, "{file}");
        assert!(key.verifies(&message(), &signature), "{file}");
    }
    // The id is what a person can compute without this tool.
    let digest = openssl.output("dgst -sha256 -r spki.der");
    let (key, _) = read_public(&openssl.at("spki.pem")).expect("a public key");
    assert_eq!(digest.split_whitespace().next(), Some(key.id().to_string().as_str()));
}

#[test]
fn openssl_opens_the_keys_written_here() {
    let Some(openssl) = Tool::find("openssl") else { return };
    let key = PrivateKey::from_seed(&[5; 32]);
    write_private(&openssl.at("sealed.pem"), &key, Some(&passphrase())).expect("written");
    write_private(&openssl.at("open.pem"), &key, None).expect("written");
    write_public(&openssl.at("key.pub"), &key.public_key()).expect("written");
    let expected = String::from_utf8(openssl.read("key.pub")).expect("text");
    assert_eq!(openssl.output("pkey -in sealed.pem -passin pass:correct\\ horse -pubout"), expected);
    assert_eq!(openssl.output("pkey -in open.pem -pubout"), expected);
    assert!(
        !openssl.try_run("pkey -in sealed.pem -passin pass:wrong -pubout"),
        "it opens only with the passphrase"
    );
}

#[test]
fn keys_of_other_algorithms_are_called_by_their_name() {
    let Some(openssl) = Tool::find("openssl") else { return };
    openssl.run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa.pem");
    openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem");
    openssl.run("genpkey -algorithm x25519 -out x25519.pem");
    openssl.run("genpkey -algorithm ed448 -out ed448.pem");
    for (file, name) in
        [("rsa.pem", "RSA"), ("ec.pem", "ECDSA"), ("x25519.pem", "X25519"), ("ed448.pem", "Ed448")]
    {
        let expected = KeyError::OtherAlgorithm(name.to_owned());
        assert_eq!(read::private_key(&openssl.read(file), None).expect_err(file), expected);
        openssl.run(&format!("pkey -in {file} -pubout -out other.pub"));
        assert_eq!(read::public_key(&openssl.read("other.pub")).expect_err(file), expected);
    }
}

#[test]
fn openssh_keys_are_read_encrypted_or_not() {
    let Some(ssh) = Tool::find("ssh-keygen") else { return };
    for (passphrase_text, file) in [("", "open"), (PASSPHRASE, "sealed")] {
        ssh.run(&format!("-q -t ed25519 -N '{passphrase_text}' -C anna@laptop -f {file}"));
        let (public, encoding) = read_public(&ssh.at(&format!("{file}.pub"))).expect("a public key");
        assert_eq!(encoding, Encoding::OpenSshPublic);
        let (key, encoding) = read::private_key(&ssh.read(file), Some(&passphrase())).expect("a private key");
        assert_eq!((key.public_key(), encoding), (public, Encoding::OpenSshPrivate));
        let line = String::from_utf8(ssh.read(&format!("{file}.pub"))).expect("text");
        assert_eq!(public.to_openssh(), line.trim_end().trim_end_matches(" anna@laptop"));
    }
    let sealed = ssh.read("sealed");
    assert_eq!(read::private_key(&sealed, None).expect_err("sealed"), KeyError::PassphraseNeeded);
    let wrong = Passphrase::new("wrong").expect("not empty");
    assert_eq!(read::private_key(&sealed, Some(&wrong)).expect_err("sealed"), KeyError::WrongPassphrase);
    ssh.run("-q -t rsa -b 1024 -N '' -f rsa");
    assert_eq!(read_public_error(&ssh.at("rsa.pub")), KeyError::OtherAlgorithm("ssh-rsa".to_owned()));
}

#[test]
fn an_ssh_agent_signs_without_giving_the_key_away() {
    let Some(ssh) = Tool::find("ssh-keygen") else { return };
    if Tool::find("ssh-agent").is_none() {
        return;
    }
    ssh.run("-q -t ed25519 -N '' -C release -f key");
    let socket = ssh.at("agent");
    let mut agent = Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn()
        .expect("an agent");
    while !socket.exists() {
        std::thread::yield_now();
    }
    let added = Command::new("ssh-add").arg("-q").arg(ssh.at("key")).env("SSH_AUTH_SOCK", &socket).status();
    assert!(added.expect("ssh-add runs").success());
    let keys = agent_keys(&socket).expect("the agent answers");
    let [(key, comment)] = keys.as_slice() else { panic!("one key, not {keys:?}") };
    assert_eq!(comment, "release");
    let signature =
        policy::sign(&name(), CONTENT, &AgentSigner::new(socket.clone(), *key)).expect("a signature");
    assert!(key.verifies(&message(), &signature));
    let stranger = AgentSigner::new(socket, PrivateKey::from_seed(&[1; 32]).public_key());
    assert!(matches!(stranger.sign(b"message"), Err(AgentError::Refused)));
    agent.kill().expect("the agent stops");
    agent.wait().expect("the agent stopped");
}

#[test]
fn an_agent_that_lies_is_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let key = PrivateKey::from_seed(&[1; 32]).public_key();
    let forged = [&[14, 0, 0, 0, 83, 0, 0, 0, 11][..], b"ssh-ed25519", &[0, 0, 0, 64], &[7; 64]].concat();
    type Expectation = fn(&AgentError) -> bool;
    let answers: [(&[u8], Expectation); 4] = [
        (&forged, |error| matches!(error, AgentError::Wrong)),
        (&[5], |error| matches!(error, AgentError::Refused)),
        (&[14, 0, 0, 0, 99], |error| matches!(error, AgentError::Garbled)),
        (&[], |error| matches!(error, AgentError::Refused)),
    ];
    for (number, (answer, expected)) in answers.into_iter().enumerate() {
        let socket = folder.path().join(number.to_string());
        let listener = UnixListener::bind(&socket).expect("a socket");
        let answer = answer.to_owned();
        let agent = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a visitor");
            let mut length = [0; 4];
            stream.read_exact(&mut length).expect("a length");
            let mut request = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut request).expect("a request");
            let length = u32::try_from(answer.len()).expect("small");
            stream.write_all(&[&length.to_be_bytes()[..], &answer].concat()).expect("an answer");
        });
        let error = AgentSigner::new(socket, key).sign(b"message").expect_err("no good signature");
        assert!(expected(&error), "{error:?}");
        agent.join().expect("the agent ends");
    }
}

#[test]
fn private_keys_that_others_can_read_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("key");
    write_private(&path, &PrivateKey::from_seed(&[1; 32]), None).expect("written");
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    assert!(read_private_bytes(&path).is_ok());
    for mode in [0o640, 0o604, 0o660, 0o644, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changeable");
        let refused = read_private_bytes(&path).expect_err("exposed");
        assert!(matches!(refused, KeyFileError::Exposed { mode: found, .. } if found == mode));
    }
    let again = write_private(&path, &PrivateKey::from_seed(&[2; 32]), None);
    assert!(matches!(again, Err(KeyFileError::File { .. })), "a key is never overwritten");
}

/// A program of the system, with a folder of its own to work in.
struct Tool {
    program: &'static str,
    folder: tempfile::TempDir,
}

impl Tool {
    #[allow(clippy::print_stderr, reason = "a test that checks nothing says so")]
    fn find(program: &'static str) -> Option<Self> {
        let found =
            std::env::split_paths(&std::env::var_os("PATH")?).any(|folder| folder.join(program).is_file());
        if !found {
            eprintln!("skipped: `{program}` is not installed");
            return None;
        }
        Some(Tool { program, folder: tempfile::tempdir().expect("a temporary folder") })
    }

    fn at(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn put(&self, file: &str, content: &[u8]) {
        fs::write(self.at(file), content).expect("a file");
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.at(file)).expect("a file")
    }

    /// Runs the program through a shell, for the quotes.
    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{} {arguments}", self.program)]).current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &str) {
        self.output(arguments);
    }

    fn try_run(&self, arguments: &str) -> bool {
        self.command(arguments).output().expect("the tool starts").status.success()
    }

    fn output(&self, arguments: &str) -> String {
        let output = self.command(arguments).output().expect("the tool starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {arguments}: {complaint}", self.program);
        String::from_utf8(output.stdout).expect("text")
    }

    fn verify(&self, public: &str, signature: &Signature) {
        self.put("message", &message());
        self.put("signature", &signature.to_bytes());
        self.run(&format!("pkeyutl -verify -pubin -inkey {public} -rawin -in message -sigfile signature"));
        self.put("message", &[message().as_slice(), b" "].concat());
        let forged = format!("pkeyutl -verify -pubin -inkey {public} -rawin -in message -sigfile signature");
        assert!(!self.try_run(&forged), "OpenSSL refuses the signature for another message");
    }
}

/// The bytes a sensor verifies, spelled out once more and not taken from the crate.
fn message() -> Vec<u8> {
    [b"telovix-policy-v1:telovix-custom-a.yaml\n", CONTENT].concat()
}

fn name() -> PolicyName {
    PolicyName::parse(NAME).expect("a name")
}

fn sign(key: &PrivateKey) -> Signature {
    policy::sign(&name(), CONTENT, key).expect("a key in memory signs")
}

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE).expect("not empty")
}

fn read_public_error(path: &Path) -> KeyError {
    match read_public(path) {
        Err(KeyFileError::Key { source, .. }) => source,
        other => panic!("expected no key, got {other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
