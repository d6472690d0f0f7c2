//! What prevents the manifest from being applied.

use vending_core::{PlanBlocker, VendingBlock};
use vending_manifest::Manifest;
use vending_plans::pointer;

/// The state machines of the manifest that the stack may not run.
pub(crate) fn of_customizations(manifest: &Manifest, allowed: &[String]) -> Vec<PlanBlocker> {
    let units = manifest.units();
    let in_units = units.iter().map(|unit| (pointer(&unit.path), unit.unit.vending.as_ref()));
    let blocks = std::iter::once((ROOT.to_owned(), manifest.root.vending.as_ref())).chain(in_units);
    let is_denied = |block: &VendingBlock| {
        let arn = block.customization.as_ref().map(ToString::to_string);
        arn.is_some_and(|arn| !allowed.contains(&arn))
    };
    let denied = blocks.filter(|(_, block)| block.is_some_and(is_denied));
    denied.map(|(pointer, _)| denied_customization(&pointer)).collect()
}

fn denied_customization(block: &str) -> PlanBlocker {
    PlanBlocker {
        pointer: format!("{block}/vending/customization"),
        detail: "must be a state machine that the stack may run".to_owned(),
        remedy: "add the ARN to the parameter CustomizationStateMachineArns of the stack, or correct it".to_owned(),
    }
}

const ROOT: &str = "/root";
