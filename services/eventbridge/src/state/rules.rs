//! The operator's rules of what reaches clients, as they are now.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use nova_resilience::Health;

use crate::domain::{Filter, rule_file};

/// Rules out of a file, which may change while this runs.
#[derive(Debug)]
pub struct Rules {
    /// None: there are no rules but the usual ones.
    file: Option<PathBuf>,
    /// What stood in it when it was last looked at.
    seen: Mutex<String>,
    now: RwLock<Arc<Filter>>,
    health: Health,
}

impl Rules {
    /// Reads the file; empty is none.
    ///
    /// # Errors
    /// When it cannot be read, or is broken: nobody wants to begin without the rules that they have written.
    pub fn read(file: &str) -> anyhow::Result<Self> {
        let health = Health::optional("eventbridge.rules");
        let (file, text) = if file.is_empty() {
            (None, String::new())
        } else {
            let text = std::fs::read_to_string(file)
                .map_err(|error| anyhow::anyhow!("NOVA_EVENTBRIDGE_RULES: {file}: {error}"))?;
            (Some(PathBuf::from(file)), text)
        };
        let filter = match &file {
            None => Filter::default(),
            Some(file) => rule_file::read(&text).map_err(|broken| {
                anyhow::anyhow!("NOVA_EVENTBRIDGE_RULES: {}: {broken}", file.display())
            })?,
        };
        health.up();
        Ok(Self {
            file,
            seen: Mutex::new(text),
            now: RwLock::new(Arc::new(filter)),
            health,
        })
    }

    /// The rules as they are now.
    #[must_use]
    pub fn filter(&self) -> Arc<Filter> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the file is as it should be: while it is not, what stood in it before holds.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Looks into the file again. Blocks its thread as long as that takes.
    pub fn look(&self) {
        let Some(file) = &self.file else { return };
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.health.down(error.to_string()),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == text {
            return;
        }
        match rule_file::read(&text) {
            Ok(filter) => {
                *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(filter);
                tracing::info!(file = %file.display(), "the rules have changed");
                self.health.up();
            }
            Err(broken) => {
                tracing::error!(file = %file.display(), "the rules are broken, and the old ones hold: {broken}");
                self.health.down(broken.to_string());
            }
        }
        *seen = text;
    }
}

#[cfg(test)]
mod tests {
    use nova_resilience::Condition;

    use super::*;

    #[test]
    fn a_broken_file_keeps_the_old_rules_and_says_so() {
        let folder = std::env::temp_dir().join(format!("nova-rules-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("rules.toml");
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        let name = file.to_str().unwrap();
        assert!(
            Rules::read(name)
                .unwrap_err()
                .to_string()
                .contains("NOVA_EVENTBRIDGE_RULES")
        );
        write("[filter]\nmax_payload_bytes = 5\n");
        let rules = Rules::read(name).unwrap();
        assert_eq!(rules.filter().max_payload_bytes, 5);
        write("[filter]\nmax_payload_bytes = \"many\"\n");
        rules.look();
        assert_eq!(rules.filter().max_payload_bytes, 5);
        assert!(
            matches!(rules.health().condition().0, Condition::Down(why) if why.contains("max_payload_bytes"))
        );
        assert!(Rules::read(name).is_err());
        write("[filter]\nmax_payload_bytes = 6\n");
        rules.look();
        assert_eq!(rules.filter().max_payload_bytes, 6);
        assert_eq!(rules.health().condition().0, Condition::Up);
        std::fs::remove_dir_all(folder).unwrap();
        rules.look();
        assert_eq!(rules.filter().max_payload_bytes, 6);
        assert!(matches!(rules.health().condition().0, Condition::Down(_)));
    }
}
