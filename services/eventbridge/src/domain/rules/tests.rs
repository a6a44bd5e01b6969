use std::sync::atomic::AtomicU64;

use serde_json::json;

use super::*;

const TYPE: &str = "nova.content.v1.PostCreated";

fn never() -> Over {
    Arc::new(|| false)
}

/// Over after so many turns.
fn after(turns: u64) -> Over {
    let asked = AtomicU64::new(0);
    Arc::new(move || asked.fetch_add(1, Ordering::Relaxed) >= turns)
}

fn rule(when: &str, action: Action) -> Rule {
    Rule::read("one".to_owned(), Vec::new(), when, action).unwrap()
}

fn fields(data: Json) -> Map<String, Json> {
    let all = json!({ "id": "1", "type": TYPE, "time": "2026-11-21T00:47:00.123Z", "user_id": null, "data": data });
    let Json::Object(all) = all else { panic!() };
    all
}

fn told(when: &str, data: Json) -> Result<(), Refused> {
    judge(&[rule(when, Action::Drop)], TYPE, &fields(data), &never())
}

#[test]
fn a_rule_sees_the_envelope() {
    let data = || json!({ "tags": ["rust", "sse"], "revision": 7, "size": 1.5, "content": "héllo", "nested": { "a": [1] } });
    for holds in [
        "type == 'nova.content.v1.PostCreated'",
        "type.startsWith('nova.content.')",
        "user_id == null",
        "'rust' in data.tags",
        "data.tags.exists(tag, tag.startsWith('s'))",
        "data.revision > 6 && data.revision < 8",
        "data.size == 1.5",
        "data.content.matches('^h.llo$')",
        "has(data.nested.a) && !has(data.nested.b)",
        "data.nested.a[0] == 1",
        "time > '2026-01-01'",
        "size(data.tags.filter(tag, tag != 'rust')) == 1",
        "data.tags.map(a, data.tags.map(b, a + b)).size() == 2",
        "(data.revision == 1 ? 'a' : 'b') == 'b'",
    ] {
        assert_eq!(
            told(holds, data()),
            Err(Refused::Rule("one".to_owned())),
            "{holds}"
        );
    }
    for not in [
        "data.revision == 1",
        "'go' in data.tags",
        "has(data.gone)",
        "false",
    ] {
        assert_eq!(told(not, data()), Ok(()), "{not}");
    }
}

#[test]
fn what_a_rule_cannot_tell_does_not_go_on() {
    for failing in [
        "data.gone == 1",
        "data.tags[9] == 'x'",
        "1 / 0 == 1",
        "'text'",
        "data.tags + 1",
        "int(data.tags[0]) == 1",
    ] {
        let failed = Err(Refused::RuleFailed("one".to_owned()));
        assert_eq!(told(failing, json!({ "tags": ["x"] })), failed, "{failing}");
    }
}

#[test]
fn the_first_rule_that_holds_decides() {
    let named = |name: &str, types: &[&str], when: &str, action| {
        let types = types
            .iter()
            .map(|one| Pattern::read(one).unwrap())
            .collect();
        Rule::read(name.to_owned(), types, when, action).unwrap()
    };
    let rules = [
        named("elsewhere", &["nova.feed.*"], "data.gone", Action::Drop),
        named(
            "loud",
            &["nova.content.*"],
            "data.revision == 2",
            Action::Keep,
        ),
        named("quiet", &[], "data.revision >= 2", Action::Drop),
    ];
    let told = |revision: i64| {
        judge(
            &rules,
            TYPE,
            &fields(json!({ "revision": revision })),
            &never(),
        )
    };
    assert_eq!(told(1), Ok(()));
    assert_eq!(told(2), Ok(()));
    assert_eq!(told(3), Err(Refused::Rule("quiet".to_owned())));
}

#[test]
fn rules_that_loop_are_stopped() {
    let list: Vec<i64> = (0..1_000).collect();
    let nested = "data.l.all(a, data.l.all(b, data.l.all(c, data.l.all(d, a + b + c + d >= 0))))";
    for looping in [
        nested,
        "data.l.map(a, data.l.map(b, data.l.map(c, c))).size() == 0",
        "data.l.exists(a, data.l.exists(b, data.l.exists(c, false)))",
        "data.l.filter(a, data.l.filter(b, data.l.exists_one(c, c == b)).size() > 0).size() > 0",
        // What was stopped must not count as an answer.
        "data.l.all(a, data.l.all(b, data.l.all(c, true)) || true)",
        "false && true || data.l.all(a, data.l.all(b, data.l.all(c, true))) || true",
    ] {
        let rules = [rule(looping, Action::Drop)];
        let told = judge(&rules, TYPE, &fields(json!({ "l": list })), &after(2_000));
        assert_eq!(
            told,
            Err(Refused::RuleTimeout("one".to_owned())),
            "{looping}"
        );
    }
}

#[test]
fn what_doubles_is_stopped_while_it_is_small() {
    let doubling = format!("size([1]{}) == 1", ".map(a, [a, a])".repeat(15));
    let rules = [rule(&doubling, Action::Drop)];
    let told = judge(&rules, TYPE, &fields(json!({})), &after(10));
    assert_eq!(told, Err(Refused::RuleTimeout("one".to_owned())));
}

#[test]
fn what_would_always_fail_is_no_rule() {
    let long = format!("{} == 1", "1 + ".repeat(400));
    let deep = format!("{}1{} == 1", "(".repeat(300), ")".repeat(300));
    for wrong in [
        "",
        "data.",
        "dat.x == 1",
        "shout(type)",
        "nova.Post{a: 1} == null",
        "type ==",
        "a\0",
        &long,
        &deep,
        "@turn(true)",
    ] {
        let read = Rule::read("one".to_owned(), Vec::new(), wrong, Action::Drop);
        assert!(read.is_err(), "{wrong}");
    }
}

#[test]
fn the_deepest_expressions_are_read_and_evaluated_on_a_small_stack() {
    type Made = fn(usize) -> String;
    let kinds: [Made; 9] = [
        |k| format!("{}1 > 0", "1+".repeat(k)),
        |k| format!("{}true", "!".repeat(k)),
        |k| format!("{}true", "true&&".repeat(k)),
        |k| format!("has(data{})", ".a".repeat(k)),
        |k| format!("{}1{} == 1", "(".repeat(k), ")".repeat(k)),
        |k| format!("{}1{} == [1]", "[".repeat(k), "]".repeat(k)),
        |k| format!("{}true", "true?true:".repeat(k)),
        |k| format!("size([1]{}) == 1", ".map(a,[a])".repeat(k)),
        |k| format!("{}1{} == [1]", "[1].map(a,".repeat(k), ")".repeat(k)),
    ];
    let mut read = 0;
    for kind in kinds {
        for depth in (1..40).chain([90, 200, 400]) {
            if let Ok(rule) = Rule::read("one".to_owned(), Vec::new(), &kind(depth), Action::Drop) {
                let _whatever = judge(&[rule], TYPE, &fields(json!({})), &never());
                read += 1;
            }
        }
    }
    assert!(read > 100, "{read}");
}
