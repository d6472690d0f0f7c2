use crate::harness::{Vend, assert_shown};

fn vend() -> Vend {
    Vend::with(|_, _| None)
}

#[test]
fn every_command_explains_itself() {
    let vend = vend();
    assert_shown!(
        "help",
        vend.run("--help"),
        vend.run("configure --help"),
        vend.run("whoami --help"),
        vend.run("request --help"),
        vend.run("watch --help"),
        vend.run("list --help"),
        vend.run("list accounts --help"),
        vend.run("list requests --help"),
        vend.run("show --help"),
        vend.run("organization --help"),
        vend.run("organization validate --help"),
        vend.run("organization plan --help"),
        vend.run("organization apply --help"),
        vend.run("completions --help"),
        vend.run("man --help"),
    );
}

#[test]
fn wrong_usage_ends_with_2() {
    let vend = vend();
    assert_shown!(
        "usage",
        vend.run("frobnicate"),
        vend.run("request --name a"),
        vend.run("request --check --name a --ou b"),
        vend.run("show 1234"),
        vend.run("watch 111122223333"),
    );
    assert!(vend.calls().is_empty());
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = vend().run(&format!("completions {shell}"));
        assert_eq!(run.code, Some(0));
        for word in ["whoami", "requests", "idempotency-key", "apply"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn man_page_is_printed_or_written() {
    let vend = vend();
    let page = vend.run("man").stdout;
    assert!(page.contains(".TH vend 1") && page.contains("Exit codes:"), "{page}");
    let run = vend.run("man --to pages/man1");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), "wrote the man pages to pages/man1\n"));
    for page in ["vend.1", "vend-request.1", "vend-list-accounts.1", "vend-organization-plan.1"] {
        assert!(vend.home().join("pages/man1").join(page).exists(), "{page}");
    }
}
