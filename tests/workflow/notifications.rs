//! Outcomes are published to the SNS topic and the event bus.

use std::cell::RefCell;

use aws_sdk_sqs::types::QueueAttributeName;
use cloud::{Caller, Cloud, email, request, unique, wait_for};
use local_cloud::strict::Settings;
use serde_json::{Value, json};

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:outcomes";

/// A queue that is subscribed to the outcome topic and the event bus.
struct NotificationQueue<'a> {
    sqs: aws_sdk_sqs::Client,
    url: String,
    cloud: &'a Cloud,
}

impl<'a> NotificationQueue<'a> {
    async fn open(cloud: &'a Cloud) -> Self {
        let sqs = aws_sdk_sqs::Client::new(&cloud.platform);
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE,
            "Principal": { "Service": ["sns.amazonaws.com", "events.amazonaws.com"] }
        }] });
        let create = sqs.create_queue().queue_name("outcomes");
        let create = create.attributes(QueueAttributeName::Policy, policy.to_string());
        let url = create.send().await.unwrap().queue_url.unwrap();
        Self { sqs, url, cloud }
    }

    async fn subscribe(&self) {
        let sns = aws_sdk_sns::Client::new(&self.cloud.platform);
        let topics = sns.list_topics().send().await.unwrap();
        let arns = topics.topics().iter().filter_map(|topic| topic.topic_arn());
        let topic = arns.into_iter().find(|arn| arn.contains("OutcomeTopic")).unwrap();
        sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(QUEUE).send().await.unwrap();
        let events = aws_sdk_eventbridge::Client::new(&self.cloud.platform);
        let pattern = json!({ "source": ["account-vending"] });
        events.put_rule().name("outcomes").event_pattern(pattern.to_string()).send().await.unwrap();
        let target = aws_sdk_eventbridge::types::Target::builder().id("queue").arn(QUEUE).build().unwrap();
        events.put_targets().rule("outcomes").targets(target).send().await.unwrap();
    }

    /// Receives the emails and events about one account.
    async fn receive(&self, name: &str) -> (Vec<String>, Vec<Value>) {
        let name = &unique(name);
        let seen = RefCell::new((Vec::new(), Vec::new()));
        wait_for(&format!("an email and an event about {name}"), || async {
            let received =
                self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10).send().await.unwrap();
            let (emails, events) = &mut *seen.borrow_mut();
            for message in received.messages() {
                let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                if body["detail"]["accountName"] == name.as_str() {
                    events.push(body);
                } else if body["Message"].as_str().is_some_and(|text| text.contains(name.as_str())) {
                    emails.push(format!(
                        "{}\n{}",
                        body["Subject"].as_str().unwrap(),
                        body["Message"].as_str().unwrap()
                    ));
                }
            }
            (!emails.is_empty() && !events.is_empty()).then_some(())
        })
        .await;
        seen.into_inner()
    }
}

#[tokio::test]
async fn outcomes_are_published_and_sent_as_events() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let queue = NotificationQueue::open(&cloud).await;
    queue.subscribe().await;

    let vended = caller.vend(&request("notified-vended")).await;
    let (emails, events) = queue.receive("notified-vended").await;
    assert!(emails[0].starts_with(&format!("Account Vended: {}\n", unique("notified-vended"))), "{emails:?}");
    assert_eq!(events[0]["detail-type"], "Account Vended");
    assert_eq!(events[0]["detail"]["accountId"], vended["account"]["id"]);

    let external_emails = [email("notified-failed")].into();
    cloud.strict.set_settings(&Settings { in_progress_millis: None, external_emails }).await.unwrap();
    let accepted = caller.post(&request("notified-failed")).await;
    caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    let (emails, events) = queue.receive("notified-failed").await;
    assert!(emails[0].contains("Next: send a request with another accountEmail"), "{emails:?}");
    assert_eq!(events[0]["detail-type"], "Account Vending Failed");
    assert_eq!(events[0]["detail"]["failure"]["code"], "EmailAlreadyExists");
}
