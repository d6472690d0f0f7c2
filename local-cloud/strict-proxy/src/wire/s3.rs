//! The operations of S3, which only the method, the path, and the query identify.

use hyper::Method;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::parts::{capitalized, header, query_pairs};

pub(crate) fn parse(parts: &Parts) -> (String, Value) {
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let mut parameters: Map<String, Value> =
        query_pairs(parts).map(|(name, value)| (name, Value::String(value))).collect();
    let explicit = parameters.remove("x-id").and_then(|operation| operation.as_str().map(str::to_owned));
    let operation = explicit.unwrap_or_else(|| name(parts, bucket, key, &parameters));
    let headers = [("IfMatch", header(parts, "if-match")), ("IfNoneMatch", header(parts, "if-none-match"))];
    for (name, value) in [("Bucket", bucket), ("Key", key)].into_iter().chain(headers) {
        if !value.is_empty() {
            parameters.insert(name.to_owned(), Value::String(value.to_owned()));
        }
    }
    (operation, Value::Object(parameters))
}

fn name(parts: &Parts, bucket: &str, key: &str, query: &Map<String, Value>) -> String {
    let verb = capitalized(&parts.method.as_str().to_lowercase());
    let has = |name: &str| query.contains_key(name);
    match (bucket, key) {
        ("", _) => "ListBuckets".to_owned(),
        (_, "") => bucket_operation(&parts.method, &verb, has),
        _ => object_operation(parts, &verb, has),
    }
}

fn bucket_operation(method: &Method, verb: &str, has: impl Fn(&str) -> bool) -> String {
    if let Some((_, subresource)) = BUCKET_SUBRESOURCES.iter().find(|(query, _)| has(query)) {
        return format!("{verb}{subresource}");
    }
    let operation = match *method {
        Method::GET if has("versions") => "ListObjectVersions",
        Method::GET if has("list-type") => "ListObjectsV2",
        Method::GET => "ListObjects",
        Method::PUT => "CreateBucket",
        Method::POST if has("delete") => "DeleteObjects",
        _ => return format!("{verb}Bucket"),
    };
    operation.to_owned()
}

fn object_operation(parts: &Parts, verb: &str, has: impl Fn(&str) -> bool) -> String {
    let operation = match parts.method {
        Method::POST if has("uploads") => "CreateMultipartUpload",
        Method::POST if has("uploadId") => "CompleteMultipartUpload",
        Method::PUT if has("uploadId") => "UploadPart",
        Method::DELETE if has("uploadId") => "AbortMultipartUpload",
        Method::PUT if parts.headers.contains_key("x-amz-copy-source") => "CopyObject",
        _ if has("tagging") => return format!("{verb}ObjectTagging"),
        _ if has("acl") => return format!("{verb}ObjectAcl"),
        _ => return format!("{verb}Object"),
    };
    operation.to_owned()
}

const BUCKET_SUBRESOURCES: [(&str, &str); 12] = [
    ("acl", "BucketAcl"),
    ("encryption", "BucketEncryption"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("location", "BucketLocation"),
    ("logging", "BucketLogging"),
    ("notification", "BucketNotificationConfiguration"),
    ("object-lock", "ObjectLockConfiguration"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("policy", "BucketPolicy"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("tagging", "BucketTagging"),
    ("versioning", "BucketVersioning"),
];

#[cfg(test)]
mod tests {
    use hyper::Request;
    use serde_json::json;

    use super::*;

    fn read_call(method: &str, uri: &str) -> (String, Value) {
        let request = Request::builder().method(method).uri(uri).header("if-none-match", "*").body(()).unwrap();
        parse(&request.into_parts().0)
    }

    #[test]
    fn calls_are_named_by_their_shape() {
        for (method, uri, operation) in [
            ("GET", "/", "ListBuckets"),
            ("PUT", "/b", "CreateBucket"),
            ("HEAD", "/b", "HeadBucket"),
            ("DELETE", "/b/", "DeleteBucket"),
            ("GET", "/b?list-type=2&prefix=requests%2F", "ListObjectsV2"),
            ("GET", "/b?versions", "ListObjectVersions"),
            ("PUT", "/b?publicAccessBlock", "PutPublicAccessBlock"),
            ("GET", "/b?policy", "GetBucketPolicy"),
            ("PUT", "/b/a/k.json", "PutObject"),
            ("PUT", "/b/a/k.json?x-id=PutObject", "PutObject"),
            ("GET", "/b/a/k.json?versionId=1", "GetObject"),
            ("HEAD", "/b/k", "HeadObject"),
            ("DELETE", "/b/k", "DeleteObject"),
            ("POST", "/b?delete", "DeleteObjects"),
            ("PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"),
        ] {
            assert_eq!(read_call(method, uri).0, operation, "{method} {uri}");
        }
    }

    #[test]
    fn bucket_key_and_conditions_are_parameters() {
        let (_, parameters) = read_call("PUT", "/records/requests/a%20b/1.json?x-id=PutObject");
        assert_eq!(parameters, json!({"Bucket": "records", "Key": "requests/a b/1.json", "IfNoneMatch": "*"}));
    }
}
