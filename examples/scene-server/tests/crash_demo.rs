//! The program as a whole, in processes of its own: what it shows, that it can fail, that it cleans up.
// `allow-unwrap-in-tests` covers the tests, not the functions that they share.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// A name that no other run has, so that leftovers are seen and copies of this test do not meet.
fn segment(test: &str) -> String {
    format!("/scene-test-{test}-{}", std::process::id())
}

fn object(segment: &str) -> PathBuf {
    PathBuf::from(format!("/dev/shm{segment}"))
}

fn scene_server(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scene-server"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A child that is killed at the end of the test, also when that fails.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Started {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    fn end_within(&mut self, patience: Duration) -> ExitStatus {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "no end within {patience:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Runs a demo to its end: output, and the numbers of the last line.
fn demo(test: &str, arguments: &[&str]) -> (Output, Vec<(String, u64)>) {
    let segment = segment(test);
    let common = ["crash-demo", "--bots=8", "--segment", &segment];
    let output = scene_server(&[&common[..], arguments].concat()).output().unwrap();
    assert!(!object(&segment).exists(), "{segment} is left behind");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let numbers = last.split(' ').filter_map(|pair| pair.split_once('='));
    let numbers = numbers.map(|(key, value)| (key.to_owned(), value.parse().unwrap())).collect();
    (output, numbers)
}

fn number(numbers: &[(String, u64)], key: &str) -> u64 {
    numbers.iter().find(|(name, _)| name == key).unwrap_or_else(|| panic!("no {key} in {numbers:?}")).1
}

#[test]
fn nothing_is_lost_and_nothing_happens_twice() {
    let (output, numbers) = demo("kills", &["--kills=3", "--seed=7"]);
    assert!(output.status.success(), "{output:?}");
    let keys: Vec<_> = numbers.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["kills", "acked", "lost", "duplicated", "exec_to_first_tick_p99_us"]);
    assert_eq!(["kills", "lost", "duplicated"].map(|key| number(&numbers, key)), [3, 0, 0]);
    assert!(number(&numbers, "acked") > 1_000, "{numbers:?}");
    let first_tick_us = number(&numbers, "exec_to_first_tick_p99_us");
    assert!((1..10_000_000).contains(&first_tick_us), "{first_tick_us}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains("SIGKILL")).count(), 3, "{text}");
    assert_eq!(text.lines().filter(|line| line.contains("SIGABRT, planted")).count(), 1, "{text}");
}

#[test]
fn acknowledging_before_the_commit_is_found_out() {
    let (output, numbers) = demo("early", &["--kills=3", "--sabotage=acknowledge-early"]);
    assert!(!output.status.success());
    assert!(number(&numbers, "lost") > 0, "{output:?}");
}

#[test]
fn handling_a_repetition_again_is_found_out() {
    let (output, numbers) = demo("twice", &["--kills=3", "--sabotage=no-dedupe"]);
    assert!(!output.status.success());
    assert!(number(&numbers, "duplicated") > 0, "{output:?}");
}

/// Starts a demo and waits until it is well under way: its processes.
fn demo_under_way(segment: &str) -> (Started, Vec<Pid>) {
    let mut command = scene_server(&["crash-demo", "--kills=1000", "--bots=4", "--segment", segment]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut demo = Started(child);
    let progress = BufReader::new(demo.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut kills = progress.filter(|line| line.contains("SIGKILL"));
    assert!(kills.nth(1).is_some(), "the demo does not get under way");
    let children = children_of(demo.0.id());
    assert!(children.len() >= 4, "{children:?}");
    (demo, children)
}

/// The processes whose parent is `parent`.
fn children_of(parent: u32) -> Vec<Pid> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).unwrap();
    let children = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("children")).unwrap());
    let pids: String = children.collect();
    pids.split_whitespace().map(|pid| Pid::from_raw(pid.parse().unwrap()).unwrap()).collect()
}

fn expect_gone(children: &[Pid], segment: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while children.iter().any(|pid| test_kill_process(*pid).is_ok()) || object(segment).exists() {
        assert!(Instant::now() < deadline, "{children:?} or {segment} is left behind");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_interrupted_demo_leaves_nothing_behind() {
    for (name, signal) in [("int", Signal::INT), ("term", Signal::TERM)] {
        let segment = segment(name);
        let (mut demo, children) = demo_under_way(&segment);
        demo.signal(signal);
        assert!(!demo.end_within(Duration::from_secs(10)).success());
        assert!(!object(&segment).exists());
        expect_gone(&children, &segment);
    }
}

#[test]
fn a_killed_demo_takes_its_children_along() {
    let segment = segment("killed");
    let (mut demo, _) = demo_under_way(&segment);
    demo.signal(Signal::STOP);
    let children = children_of(demo.0.id());
    // A zombie has no command line.
    let command_line = |pid: &Pid| fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let servers = children.iter().filter(|pid| command_line(pid).contains(&segment)).count();
    demo.signal(Signal::KILL);
    demo.end_within(Duration::from_secs(10));
    if servers == 0 {
        // The kill has hit between two servers: nobody is there to remove the state.
        fs::remove_file(object(&segment)).unwrap();
    }
    expect_gone(&children, &segment);
}

#[test]
fn a_server_that_is_told_to_stop_keeps_its_state_for_the_next() {
    let segment = segment("stop");
    let mut outcomes = Vec::new();
    for signal in [Signal::TERM, Signal::KILL, Signal::INT] {
        let mut server = scene_server(&["serve", "--segment", &segment]);
        let mut server = Started(server.stdout(Stdio::piped()).spawn().unwrap());
        let mut ready = String::new();
        BufReader::new(server.0.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        outcomes.extend(ready.split(' ').find_map(|pair| pair.strip_prefix("outcome=")).map(str::to_owned));
        server.signal(signal);
        let status = server.end_within(Duration::from_secs(10));
        assert_eq!(status.success(), signal != Signal::KILL);
    }
    fs::remove_file(object(&segment)).unwrap();
    assert_eq!(outcomes, ["created", "resumed-after-stop", "resumed-after-crash"]);
}

#[test]
fn a_second_server_on_the_same_state_is_refused() {
    let segment = segment("second");
    let mut first = scene_server(&["serve", "--ephemeral", "--segment", &segment]);
    let mut first = Started(first.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut ready = String::new();
    BufReader::new(first.0.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
    let second = scene_server(&["serve", "--segment", &segment]).output().unwrap();
    assert!(!second.status.success());
    let why = String::from_utf8_lossy(&second.stderr);
    assert!(why.contains(&segment) && why.contains(&first.0.id().to_string()), "{why}");
    drop(first.0.stdin.take());
    assert!(first.end_within(Duration::from_secs(10)).success());
    let mut rest = String::new();
    first.0.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
    assert!(!object(&segment).exists());
}
