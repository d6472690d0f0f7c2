//! Plans and runs of the organization manifest.

use local_cloud::ApiResponse;
use serde_json::{Value, json};

use crate::caller::Caller;

impl Caller {
    /// Plans a manifest with the documents of its policies, and waits for the end of the plan.
    pub async fn plan_organization(&self, manifest: &Value, documents: &Value) -> Value {
        let body = json!({ "manifest": manifest, "documents": documents });
        let posted = self.send("POST", "/organization/plans", body.to_string()).await;
        assert_eq!(posted.status, 202, "{posted:?}");
        self.ended(&format!("/organization/plans/{}", posted.body["planId"].as_str().unwrap())).await
    }

    /// Starts the run of a plan, and allows all its guarded changes.
    pub async fn start_run(&self, plan: &Value) -> ApiResponse {
        let body =
            json!({ "planId": plan["planId"], "allow": change_names(plan, |change| change["class"] == "GUARDED") });
        self.send("POST", "/organization/runs", body.to_string()).await
    }

    /// Runs a plan to its end.
    pub async fn run_plan(&self, plan: &Value) -> Value {
        let accepted = self.start_run(plan).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        self.ended(&format!("/organization/runs/{}", accepted.body["runId"].as_str().unwrap())).await
    }

    /// Plans a manifest, and runs the plan if it has changes. Returns the last of the two.
    pub async fn apply_organization(&self, manifest: &Value, documents: &Value) -> Value {
        let plan = self.plan_organization(manifest, documents).await;
        assert_eq!((&plan["status"], &plan["blockers"]), (&json!("SUCCEEDED"), &json!([])), "{plan:#}");
        if plan["changes"] == json!([]) {
            return plan;
        }
        let run = self.run_plan(&plan).await;
        assert_eq!(run["status"], "SUCCEEDED", "{run:#}");
        run
    }
}

/// The names of changes of a plan or a run.
pub fn change_names(plan: &Value, is_wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let changes = plan["changes"].as_array().unwrap().iter().filter(|change| is_wanted(change));
    let name = |change: &Value| format!("{}:{}", change["target"].as_str().unwrap(), change["field"].as_str().unwrap());
    changes.map(name).collect()
}
