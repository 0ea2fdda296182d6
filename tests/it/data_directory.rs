//! What a hub keeps on its disk, seen from outside: nobody else reads it, no link leads it astray, no
//! other CA's hub takes it, and what was revoked stays revoked.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use docaxis::hub;
use docaxis::model::Reason;
use docaxis::store::Durability;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::document;
use crate::support::reason;
use crate::support::start;

const PROGRAM: &str = env!("CARGO_BIN_EXE_docaxis");

const HUB: [&str; 7] = [
    "hub",
    "--data",
    "data",
    "--listen",
    "127.0.0.1:0",
    "--ready-file",
    "ready",
];

fn docaxis(here: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    let command = command.args(arguments).current_dir(here).env("LANG", "C");
    command.output().unwrap()
}

/// Runs a command that has to succeed.
fn done(here: &Path, arguments: &[&str]) {
    let output = docaxis(here, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
}

/// A hub with umask 000, killed when it is dropped.
struct Hub(Child);

impl Hub {
    /// Starts it. Gives what it says, line by line: output and log.
    fn start(here: &Path, pki: &str) -> (Self, impl Iterator<Item = String> + use<>) {
        let mut command = Command::new("sh");
        command
            .args(["-c", "umask 000; exec \"$@\" 2>&1", "sh", PROGRAM])
            .args(HUB)
            .args(["--pki", pki])
            .current_dir(here)
            .env("LANG", "C")
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        (Self(process), said.map_while(Result::ok))
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is said up to a line with these words.
fn until(said: &mut impl Iterator<Item = String>, words: &str) -> String {
    let mut all = String::new();
    for line in said {
        all.push_str(&line);
        all.push('\n');
        if line.contains(words) {
            return all;
        }
    }
    panic!("it ended and never said `{words}`: {all}");
}

/// Whatever below a directory others may touch, with its mode.
fn open_to_others(path: &Path) -> Vec<String> {
    let metadata = fs::symlink_metadata(path).unwrap();
    let mode = metadata.permissions().mode() & 0o7777;
    let mut found = Vec::new();
    if mode & 0o077 != 0 {
        found.push(format!("{} {mode:o}", path.display()));
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            found.extend(open_to_others(&entry.unwrap().path()));
        }
    }
    found
}

#[test]
fn nobody_else_reads_what_a_hub_keeps_whatever_the_umask() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    done(here, &["ca", "init", "--dir", "pki"]);
    let data = here.join("data");
    let (hub, mut said) = Hub::start(here, "pki");
    until(&mut said, "hub listening");
    assert_eq!(open_to_others(&data), Vec::<String>::new());
    for kept in ["journal/00000001.journal", "index.redb", "ANCHORS", "LOCK"] {
        assert!(data.join(kept).is_file(), "{kept}");
    }
    drop(hub);
    // As a version before left it.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let index = data.join("index.redb");
    fs::set_permissions(&index, fs::Permissions::from_mode(0o644)).unwrap();
    fs::remove_file(data.join("ANCHORS")).unwrap();
    let (_hub, mut said) = Hub::start(here, "pki");
    let began = until(&mut said, "hub listening");
    assert!(began.contains("were open to other users"), "{began}");
    assert!(began.contains("bound to these trust anchors"), "{began}");
    assert_eq!(open_to_others(&data), Vec::<String>::new());
}

#[test]
fn a_hub_of_another_ca_is_refused_and_told_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    for pki in ["pki", "other"] {
        done(here, &["ca", "init", "--dir", pki]);
    }
    let (hub, mut said) = Hub::start(here, "pki");
    until(&mut said, "hub listening");
    drop(hub);
    let mut other = HUB.to_vec();
    other.extend(["--pki", "other"]);
    let output = docaxis(here, &other);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let anchors = fs::read_to_string(here.join("data/ANCHORS")).unwrap();
    let expected = anchors.lines().last().unwrap();
    for part in [expected, "the hub of another CA", "--pki", "ANCHORS"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (_hub, mut said) = Hub::start(here, "pki");
    until(&mut said, "hub listening");
}

#[test]
fn lists_of_before_a_revocation_put_back_over_a_restart_are_not_taken() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    done(here, &["ca", "init", "--dir", "pki"]);
    let issue = ["ca", "issue", "--dir", "pki", "--keys", "p256"];
    let agency = ["--organ", "000.00.00.H44", "--out", "h44"];
    done(here, &[&issue[..], &agency[..]].concat());
    let list = here.join("pki/issuing.crl");
    let before = fs::read(&list).unwrap();
    let (hub, mut said) = Hub::start(here, "pki");
    until(&mut said, "hub listening");
    let revoke = ["ca", "revoke", "--dir", "pki", "--organ", "000.00.00.H44"];
    done(here, &revoke);
    until(&mut said, "revocation list replaced");
    until(&mut said, "revocation list replaced");
    drop(hub);
    let after = fs::read(&list).unwrap();
    assert_ne!(before, after);
    let kept = || -> Vec<Vec<u8>> {
        let entries = fs::read_dir(here.join("data/revocation")).unwrap();
        entries
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .collect()
    };
    assert!(kept().contains(&after));
    fs::write(&list, &before).unwrap();
    let (_hub, mut said) = Hub::start(here, "pki");
    let began = until(&mut said, "hub listening");
    assert!(began.contains("older than this hub has seen"), "{began}");
    assert!(kept().contains(&after) && !kept().contains(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_revoked_before_a_restart_stays_refused_under_older_lists() {
    let directory = tempfile::tempdir().unwrap();
    let config = hub::Config::new(Some(directory.path().into()), Durability::Fsync);
    let axis = Axis::start_with(config.clone()).await;
    let hanoi = axis.party(HANOI);
    let before = document(1, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    hanoi.submit(before).await.unwrap();
    axis.revoke(&hanoi.serials[2..]);
    let after = document(2, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    drop(hanoi);
    let authority = axis.stop().await;
    // It is given the lists of before the revocation, which name nobody.
    let axis = Axis::start_under(authority, config).await;
    let refused = axis.party(HANOI).submit(after).await;
    assert_eq!(reason(refused), Reason::CertificateRevoked);
    let hanoi = axis.party(HANOI);
    let good = document(3, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    hanoi.submit(good).await.unwrap();
}

#[test]
fn keys_and_the_ready_file_go_through_no_link_and_into_no_looser_file() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    done(here, &["ca", "init", "--dir", "pki"]);
    fs::create_dir(here.join("h44")).unwrap();
    let victim = here.join("victim");
    fs::write(&victim, "theirs").unwrap();
    let linked = [
        "h44/person.key",
        "h44/seal.unfinished",
        "h44/connection.unfinished",
        "ready",
        "ready.unfinished",
    ];
    for link in linked {
        symlink(&victim, here.join(link)).unwrap();
    }
    let loose = here.join("h44/seal.key");
    fs::write(&loose, "").unwrap();
    fs::set_permissions(&loose, fs::Permissions::from_mode(0o666)).unwrap();
    let issue = ["ca", "issue", "--dir", "pki", "--keys", "p256"];
    let agency = ["--organ", "000.00.00.H44", "--out", "h44"];
    done(here, &[&issue[..], &agency[..]].concat());
    let (_hub, mut said) = Hub::start(here, "pki");
    until(&mut said, "hub listening");
    for key in ["person", "seal", "connection"] {
        let metadata = fs::symlink_metadata(here.join(format!("h44/{key}.key"))).unwrap();
        assert!(metadata.is_file(), "{key}");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{key}");
    }
    assert_eq!(fs::read(&victim).unwrap(), b"theirs");
}

#[test]
fn a_data_directory_whose_parts_lead_elsewhere_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    done(here, &["ca", "init", "--dir", "pki"]);
    fs::create_dir_all(here.join("elsewhere/unfinished")).unwrap();
    fs::write(here.join("elsewhere/unfinished/theirs"), "").unwrap();
    fs::create_dir(here.join("data")).unwrap();
    symlink("../elsewhere", here.join("data/attachments")).unwrap();
    let mut hub = HUB.to_vec();
    hub.extend(["--pki", "pki"]);
    let output = docaxis(here, &hub);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("attachments is a symbolic link"), "{said}");
    assert!(here.join("elsewhere/unfinished/theirs").exists());
}
