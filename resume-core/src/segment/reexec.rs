//! Another try at a taken base: the process executes itself again and gets another address-space layout.
//!
//! The count of tries is in the environment, for nothing else of a process survives an exec. It names the
//! process (whose id and start time an exec keeps), so that children which inherit the variable start at
//! none, and the bound holds for a process's whole life.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::error::OpenError;
use super::map;
use super::owner::Owner;

const COUNT: &str = "RESUME_REEXEC";

/// How often this process has executed itself again.
pub(super) fn count() -> u32 {
    let value = std::env::var(COUNT).unwrap_or_default();
    me().and_then(|me| count_in(&value, &me)).unwrap_or(0)
}

/// What tells this process from every other, before and after an exec.
fn me() -> Option<String> {
    let me = Owner::this_process().ok()?;
    Some(format!("{}:{}", me.pid, me.start_ticks))
}

fn count_in(value: &str, me: &str) -> Option<u32> {
    value.strip_prefix(me)?.strip_prefix(':')?.parse().ok()
}

/// Executes this program again because of `taken`, with the same arguments and environment, unless it has
/// done so `max` times. Returns only when it does not.
pub(crate) fn reexec(taken: OpenError, max: u32) -> OpenError {
    let OpenError::AddressTaken { name, .. } = &taken else { return taken };
    let (tries, Some(me)) = (count(), me()) else { return taken };
    // Another segment of this process would be left as crashed.
    if tries >= max || map::any_is_mapped() {
        return taken;
    }
    let _ = std::io::stdout().flush();
    let mut args = std::env::args_os();
    // The file that runs, even when another was installed in its place meanwhile.
    let mut program = Command::new("/proc/self/exe");
    if let Some(arg0) = args.next() {
        program.arg0(arg0);
    }
    let error = program.args(args).env(COUNT, format!("{me}:{}", tries + 1)).exec();
    OpenError::Os {
        name: name.clone(),
        call: "execve of /proc/self/exe, because the address range is taken,",
        errno: super::errno(&error),
        hint: "start the program again by hand",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_its_own_processs() {
        assert_eq!(count_in("7:99:2", "7:99"), Some(2));
        assert_eq!(count_in("7:99:2", "7:9"), None);
        assert_eq!(count_in("7:99:2", "17:99"), None);
        assert_eq!(count_in("", "7:99"), None);
        assert_eq!(count_in("7:99:x", "7:99"), None);
    }
}
