//! Killing functions, and only functions.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use local_cloud::strict::{Fault, Rule};

use crate::cloud::LocalCloud;

/// Calls the proxy from a shell and exits with 0 when it has a response.
const CALL: &str = r#"
    exec 3<> "/dev/tcp/127.0.0.1/$PORT"
    printf 'POST / HTTP/1.1\r\nHost: service.example.com\r\n%s\r\n%s\r\nContent-Length: %s\r\n\r\n%s' \
        'Authorization: AWS4-HMAC-SHA256 Credential=123456789012/20261122/us-east-1/iam/aws4_request, Signature=0' \
        'Content-Type: application/x-www-form-urlencoded' "${#BODY}" "$BODY" >&3
    read -r response <&3 && echo "$response"
"#;

async fn call_from(program: &Path, cloud: &LocalCloud, function: Option<&str>) -> (ExitStatus, String) {
    let port = cloud.endpoint.rsplit(':').next().unwrap();
    let mut child = Command::new(program);
    child.args(["-c", CALL]).env("PORT", port).env("BODY", "Action=CreateRole&RoleName=a");
    child.envs(function.map(|name| ("AWS_LAMBDA_FUNCTION_NAME", name)));
    let output = tokio::task::spawn_blocking(move || child.stdin(Stdio::null()).output()).await.unwrap().unwrap();
    (output.status, String::from_utf8(output.stdout).unwrap())
}

/// A shell with the name of a function's executable.
fn bootstrap() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("killing-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy("/bin/bash", folder.join("bootstrap")).unwrap();
    folder.join("bootstrap")
}

#[tokio::test]
async fn function_is_killed_after_its_call() {
    let (cloud, program) = (LocalCloud::start().await, bootstrap());
    let rule = Rule { nth: 2, function: Some("stack-*".to_owned()), ..Rule::new("iam", "*", Fault::KillCaller) };
    cloud.strict.add_rule(&rule).await.unwrap();

    let (status, response) = call_from(&program, &cloud, Some("stack-move-account")).await;
    assert!(status.success() && response.contains("200 OK"), "{status} {response}");
    let (status, response) = call_from(&program, &cloud, Some("stack-move-account")).await;
    assert_eq!((status.signal(), response.as_str()), (Some(9), ""));

    assert_eq!(cloud.seen().len(), 2);
    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert_eq!((calls[0].status, calls[1].status), (Some(200), None));
    assert!(calls.iter().all(|call| call.function.as_deref() == Some("stack-move-account")));
    std::fs::remove_dir_all(program.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn only_functions_are_killed() {
    let (cloud, program) = (LocalCloud::start().await, bootstrap());
    let rule = Rule { times: Rule::ALWAYS, ..Rule::new("iam", "*", Fault::KillCaller) };
    cloud.strict.add_rule(&rule).await.unwrap();
    for (program, function) in [(Path::new("/bin/bash"), Some("stack-move-account")), (program.as_path(), None)] {
        let (status, response) = call_from(program, &cloud, function).await;
        assert!(status.success() && response.contains("500"), "{status} {response}");
    }
    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert!(calls.iter().all(|call| call.error_code.as_deref() == Some("CallerNotKilled")));
    std::fs::remove_dir_all(program.parent().unwrap()).unwrap();
}
