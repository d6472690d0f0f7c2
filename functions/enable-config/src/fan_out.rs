//! The same work in each governed region: some at once, and no bad region stops the others.

use std::future::Future;

use futures::{StreamExt, stream};
use vending_core::StepError;
use vending_runtime::Done;

/// Enough to be quick, too few to be throttled.
const REGIONS_AT_ONCE: usize = 5;

/// Runs each region's work to its end, and answers what came of all of them.
pub(crate) async fn in_each_region<W>(work: impl Iterator<Item = (String, W)>) -> Result<Done, StepError>
where
    W: Future<Output = Result<Done, StepError>>,
{
    let named = work.map(|(region, work)| async move { (region, work.await) });
    let results = stream::iter(named).buffered(REGIONS_AT_ONCE);
    combine(results.collect().await)
}

fn combine(results: Vec<(String, Result<Done, StepError>)>) -> Result<Done, StepError> {
    let (mut fine, mut failed) = (Vec::new(), Vec::new());
    for (region, result) in results {
        match result {
            Ok(done) => fine.push((region, done)),
            Err(error) => failed.push((region, error)),
        }
    }
    // A final failure decides before one that may heal: retrying would not help, its remedy does.
    let errors = failed.iter().map(|(_, error)| error);
    if let Some(deciding) = errors.min_by_key(|error| error.code().is_retryable()) {
        let message = describe(&failed, &fine);
        return Err(StepError::new(deciding.code(), message).with_remedy(deciding.remedy()));
    }
    let details = fine.iter().map(|(region, done)| format!("{region}: {}", done.detail));
    Ok(Done {
        changed: fine.iter().any(|(_, done)| done.changed),
        detail: details.collect::<Vec<_>>().join("; "),
        result: (),
    })
}

fn describe(failed: &[(String, StepError)], fine: &[(String, Done)]) -> String {
    let causes = failed.iter().map(|(region, error)| format!("{region}: {error}"));
    let causes = causes.collect::<Vec<_>>().join("; ");
    if fine.is_empty() {
        return format!("{causes}; no governed region is recorded");
    }
    let fine = fine.iter().map(|(region, _)| region.as_str());
    format!("{causes}; fine: {}", fine.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use vending_core::ErrorCode;

    use super::*;

    fn failing(code: ErrorCode, message: &str, remedy: &str) -> Result<Done, StepError> {
        Err(StepError::new(code, message).with_remedy(remedy))
    }

    async fn run(results: Vec<(&str, Result<Done, StepError>)>) -> Result<Done, StepError> {
        let work = results.into_iter();
        in_each_region(work.map(|(region, result)| (region.to_owned(), ready(result)))).await
    }

    #[tokio::test]
    async fn each_region_is_named_in_the_order_of_the_stack() {
        let done =
            run(vec![("us-east-1", Ok(Done::unchanged("records", ()))), ("eu-west-1", Ok(Done::changed("made", ())))]);
        let done = done.await.unwrap();
        assert!(done.changed);
        assert_eq!(done.detail, "us-east-1: records; eu-west-1: made");
        let done = run(vec![("us-east-1", Ok(Done::unchanged("records", ())))]);
        assert!(!done.await.unwrap().changed);
    }

    #[tokio::test]
    async fn more_regions_than_run_at_once_all_run() {
        let regions: Vec<String> = (0..17).map(|number| format!("region-{number}")).collect();
        let work = regions.iter().map(|region| {
            (region.clone(), async {
                tokio::task::yield_now().await;
                Ok(Done::unchanged("records", ()))
            })
        });
        let done = in_each_region(work).await.unwrap();
        assert_eq!(done.detail.matches("records").count(), 17);
    }

    #[tokio::test]
    async fn a_bad_region_is_named_beside_the_fine_ones() {
        let error = run(vec![
            ("us-east-1", Ok(Done::changed("made", ()))),
            ("eu-west-1", failing(ErrorCode::NotReady, "no", "wait")),
            ("eu-west-3", Ok(Done::changed("made", ()))),
        ]);
        let error = error.await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotReady);
        assert_eq!(error.to_string(), "eu-west-1: no; fine: us-east-1, eu-west-3");
    }

    #[tokio::test]
    async fn one_final_failure_makes_all_final_and_gives_the_remedy() {
        let error = run(vec![
            ("us-east-1", failing(ErrorCode::Throttled, "slow", "wait")),
            ("eu-west-1", failing(ErrorCode::InvalidConfiguration, "no bucket", "create it")),
        ]);
        let error = error.await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
        assert_eq!(error.remedy(), "create it");
        assert_eq!(error.to_string(), "us-east-1: slow; eu-west-1: no bucket; no governed region is recorded");
    }

    #[tokio::test]
    async fn failures_that_may_all_heal_are_retried() {
        let error = run(vec![
            ("us-east-1", failing(ErrorCode::Throttled, "slow", "wait")),
            ("eu-west-1", failing(ErrorCode::NotReady, "no", "wait")),
        ]);
        assert_eq!(error.await.unwrap_err().code(), ErrorCode::Throttled);
    }
}
