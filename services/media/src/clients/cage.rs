//! What a program may do that reads strangers' bytes: next to nothing. Landlock bounds which files it opens, seccomp which
//! calls of the kernel it makes. Both hold for the thread that enters and for what it starts, for good.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, Scope, path_beneath_rules,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

/// Where programs and libraries of the system are, and what says which library is where.
const SYSTEM: &[&str] = &[
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/dev/urandom",
];

/// Ways to other machines and into other processes.
const FORBIDDEN: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_io_uring_setup,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_kill,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
];

/// Bounds this thread, and all that it starts, to this program, the libraries of the system and this file.
///
/// # Errors
/// When the kernel does not do it: it has no Landlock then (Linux 5.13), or no seccomp.
pub(super) fn enter(program: &Path, file: Option<&File>) -> io::Result<()> {
    files(program, file).map_err(io::Error::other)?;
    apply_filter(&calls()?).map_err(io::Error::other)
}

fn files(program: &Path, file: Option<&File>) -> Result<(), RulesetError> {
    let read = AccessFs::from_read(ABI::V1);
    let write = AccessFs::ReadFile | AccessFs::WriteFile;
    let open = AccessFs::ReadFile | AccessFs::Execute;
    let mut rules = Ruleset::default()
        // What is asked first must be had, or nothing is run; what newer kernels bound besides is welcome.
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V4))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, read))?
        .add_rules(path_beneath_rules(["/dev/null"], write))?;
    if let Ok(program) = PathFd::new(program) {
        rules = rules.add_rule(PathBeneath::new(program, open))?;
    }
    if let Some(file) = file {
        rules = rules.add_rule(PathBeneath::new(file, AccessFs::ReadFile))?;
    }
    rules.restrict_self().map(drop)
}

fn calls() -> io::Result<BpfProgram> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let rules: BTreeMap<i64, _> = FORBIDDEN.iter().map(|call| (*call, Vec::new())).collect();
    let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch);
    filter
        .and_then(BpfProgram::try_from)
        .map_err(io::Error::other)
}
