//! Caches what AWS has returned, for later invocations of the same process.
//!
//! The crates for this, such as `mini-moka` and `ttl_cache`, measure a TTL with [`std::time::Instant`]. Its clock can
//! stand still while Lambda freezes the process between invocations, so that an entry could outlive its TTL by hours.
//! This cache uses the wall clock.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::{Duration, OffsetDateTime};

/// Values that expire. Clones share their entries.
#[derive(Clone, Debug)]
pub struct Cache<K, V> {
    ttl: Duration,
    maximum: usize,
    entries: Arc<Mutex<HashMap<K, Entry<V>>>>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    expires_at: OffsetDateTime,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub fn new(ttl: Duration) -> Self {
        Self { ttl, maximum: usize::MAX, entries: Arc::default() }
    }

    /// Limits the number of entries. A full cache keeps its entries, and takes a new one when one of them has expired.
    #[must_use]
    pub fn with_maximum(self, maximum: usize) -> Self {
        Self { maximum, ..self }
    }

    pub fn get<Q>(&self, key: &Q, now: OffsetDateTime) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let entries = self.entries();
        entries.get(key).filter(|entry| now < entry.expires_at).map(|entry| entry.value.clone())
    }

    pub fn insert(&self, key: K, value: V, now: OffsetDateTime) {
        let mut entries = self.entries();
        entries.retain(|_, entry| now < entry.expires_at);
        if entries.len() < self.maximum || entries.contains_key(&key) {
            entries.insert(key, Entry { value, expires_at: now + self.ttl });
        }
    }

    pub fn remove<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries().remove(key);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<K, Entry<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn cache() -> Cache<String, u8> {
        Cache::new(Duration::MINUTE)
    }

    #[test]
    fn value_expires_after_its_ttl() {
        let cache = cache();
        assert_eq!(cache.get("a", NOW), None);
        cache.insert("a".to_owned(), 1, NOW);
        assert_eq!(cache.get("a", NOW + Duration::seconds(59)), Some(1));
        assert_eq!(cache.get("a", NOW + Duration::MINUTE), None);
        assert_eq!(cache.get("b", NOW), None);
    }

    #[test]
    fn new_value_replaces_the_old_one() {
        let cache = cache().with_maximum(1);
        cache.insert("a".to_owned(), 1, NOW);
        cache.insert("a".to_owned(), 2, NOW + Duration::seconds(30));
        assert_eq!(cache.get("a", NOW + Duration::seconds(89)), Some(2));
    }

    #[test]
    fn removed_value_is_gone_in_all_clones() {
        let cache = cache();
        cache.clone().insert("a".to_owned(), 1, NOW);
        assert_eq!(cache.get("a", NOW), Some(1));
        cache.clone().remove("a");
        assert_eq!(cache.get("a", NOW), None);
    }

    #[test]
    fn full_cache_takes_a_value_after_one_expires() {
        let (cache, later) = (cache().with_maximum(2), NOW + Duration::MINUTE);
        for (key, value) in [("a", 1), ("b", 2), ("c", 3)] {
            cache.insert(key.to_owned(), value, NOW);
        }
        assert_eq!(["a", "b", "c"].map(|key| cache.get(key, NOW)), [Some(1), Some(2), None]);
        cache.insert("c".to_owned(), 3, later);
        assert_eq!(cache.get("c", later), Some(3));
        assert_eq!(cache.entries().len(), 1);
    }
}
