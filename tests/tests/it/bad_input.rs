//! Every kind of bad body on every endpoint that takes one: refused, with the field's name, never 500.

use nova_tests::Nova;
use nova_tests::checks::{blames, is_callers_fault, is_problem};
use serde_json::{Value, json};

use crate::endpoints::{Endpoint, Field, Takes, endpoints};

/// `NOVA_BODY_LIMIT` by default, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

#[tokio::test]
async fn what_is_no_json_object_is_malformed() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        let good = endpoint.body.to_string();
        let nested = "[".repeat(BODY_LIMIT - 1);
        let deep_field = format!("{{\"content\":{}", "{\"a\":".repeat(10_000));
        let bad = [
            "",
            " ",
            "{",
            "}",
            "{\"a\":}",
            "{'a': 1}",
            "{a: 1}",
            "{\"a\" 1}",
            "nul",
            "\u{feff}{}",
            "{}{}",
            "{},",
            "// comment\n{}",
            "{\"a\": NaN}",
            "{\"a\": 01}",
            "{\"a\": \"\u{1}\"}",
            "{\"a\": \"\\x41\"}",
            "{\"a\": \"\\ud800\"}",
            "{\"a\": 1,}",
            "username=a&password=b",
            "<xml/>",
            "\0",
            "{\"a\": 1e999}",
            "null",
            "[]",
            "1",
            "\"text\"",
            "true",
            &nested,
            &deep_field,
            &format!("{good}x"),
            &format!("{good}{good}"),
            &format!("[{good}]"),
            &good[..good.len() - 1],
        ];
        for body in bad {
            let answer = endpoint.send(body).await;
            let shown = &body[..body.len().min(80)];
            assert_eq!(
                answer.status,
                400,
                "{} with {shown:?}: {}",
                endpoint.called(),
                answer.text()
            );
            is_problem(&answer, 400);
        }
    }
}

#[tokio::test]
async fn bytes_that_are_no_utf8_are_malformed() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        for field in &endpoint.fields {
            // A lone continuation, a cut character, an overlong NUL, a surrogate, beyond Unicode, UTF-16.
            let bad: [&[u8]; 6] = [
                b"\x80",
                b"\xf0\x9f\xa6",
                b"\xc0\x80",
                b"\xed\xa0\x80",
                b"\xf4\x90\x80\x80",
                b"\xff\xfea\0",
            ];
            for bytes in bad {
                let body = [b"{\"", field.name.as_bytes(), b"\":\"", bytes, b"\"}"].concat();
                let answer = endpoint.send(body).await;
                assert_eq!(
                    answer.status,
                    400,
                    "{} {bytes:?}: {}",
                    endpoint.called(),
                    answer.text()
                );
                is_problem(&answer, 400);
            }
        }
        let name = [b"{\"".as_slice(), b"\xff\xff", b"\": 1}"].concat();
        is_problem(&endpoint.send(name).await, 400);
    }
}

#[tokio::test]
async fn a_wrong_type_is_named() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        for field in &endpoint.fields {
            let mut wrong = vec![json!(1), json!(-1.5), json!({}), json!({ "a": 1 })];
            wrong.push(match field.takes {
                Takes::Flag => json!("true"),
                _ => json!(true),
            });
            match field.takes {
                Takes::Texts => wrong.extend([
                    json!("x"),
                    json!([1]),
                    json!([null]),
                    json!([[]]),
                    json!([{}]),
                ]),
                _ => wrong.extend([json!([]), json!(["x"]), json!(u64::MAX)]),
            }
            if field.required {
                wrong.push(Value::Null);
            }
            for value in wrong {
                let answer = endpoint.send_with(field.name, &value).await;
                let called = format!("{} with {} {value}", endpoint.called(), field.name);
                assert_eq!(answer.status, 400, "{called}: {}", answer.text());
                blames(&answer, field.name);
            }
        }
    }
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        for field in endpoint.fields.iter().filter(|field| field.required) {
            let mut body = endpoint.body.clone();
            body.as_object_mut().expect("an object").remove(field.name);
            blames(&endpoint.send(body.to_string()).await, field.name);
        }
    }
}

#[tokio::test]
async fn an_unknown_field_is_named() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        for name in [
            "unknown",
            "__proto__",
            "Username",
            "CONTENT",
            "content_",
            "$ref",
            "a.b",
            "🦀",
        ] {
            for value in [json!(null), json!(1), json!({ "deep": [1, 2] })] {
                let answer = endpoint.send_with(name, &value).await;
                assert_eq!(
                    answer.status,
                    400,
                    "{} {name}: {}",
                    endpoint.called(),
                    answer.text()
                );
                blames(&answer, name);
            }
        }
    }
}

#[tokio::test]
async fn a_field_given_twice_is_named() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        let good = endpoint.body.to_string();
        for (name, value) in endpoint.body.as_object().expect("an object") {
            for first in [value.clone(), json!("another")] {
                let body = format!("{{\"{name}\":{first},{}", &good[1..]);
                let answer = endpoint.send(body).await;
                assert_eq!(
                    answer.status,
                    400,
                    "{} {name} twice: {}",
                    endpoint.called(),
                    answer.text()
                );
                blames(&answer, name);
            }
        }
    }
}

#[tokio::test]
async fn an_empty_or_overlong_text_is_named() {
    let nova = Nova::shared().await;
    let long = json!("a".repeat(60_000));
    for endpoint in endpoints(&nova).await {
        for field in &endpoint.fields {
            let empty_is_wrong = field.takes != Takes::Texts && field.name != "avatar_url";
            for value in [&json!(""), &long] {
                if value == "" && !empty_is_wrong || field.takes == Takes::Texts {
                    continue;
                }
                refuses_text(&endpoint, field, value).await;
            }
        }
    }
}

#[tokio::test]
async fn control_characters_are_named() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        for field in &endpoint.fields {
            // NUL, bell, backspace, escape, delete, and one of the C1 set.
            for character in ["\0", "\u{7}", "\u{8}", "\u{1b}[2J", "\u{7f}", "\u{85}"] {
                for text in [
                    format!("a{character}b"),
                    character.to_owned(),
                    format!("{character}ab"),
                ] {
                    match field.takes {
                        Takes::Texts => refuses_text(&endpoint, field, &json!([text])).await,
                        _ => refuses_text(&endpoint, field, &json!(text)).await,
                    }
                }
            }
        }
    }
}

/// Refused by name; where a text is only compared with others, it may also just be the wrong one.
async fn refuses_text(endpoint: &Endpoint, field: &Field, value: &Value) {
    let answer = endpoint.send_with(field.name, value).await;
    let shown: String = value.to_string().chars().take(40).collect();
    let called = format!(
        "{} with {} {shown}: {}",
        endpoint.called(),
        field.name,
        answer.text()
    );
    if field.takes == Takes::Credential && answer.status != 400 {
        assert!(answer.status < 500, "{called}");
    } else {
        assert_eq!(answer.status, 400, "{called}");
        blames(&answer, field.name);
    }
}

#[tokio::test]
async fn a_text_of_white_space_is_no_post() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        if endpoint.fields.iter().any(|field| field.name == "content") {
            for content in [" ", "\n\t\r\n", "\u{a0}", "\u{2003}\u{3000}"] {
                blames(
                    &endpoint.send_with("content", &json!(content)).await,
                    "content",
                );
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_word_is_named() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        for field in endpoint
            .fields
            .iter()
            .filter(|field| field.takes == Takes::Word)
        {
            for word in [
                "",
                "SECRET",
                "public",
                "Public",
                "text",
                "PUBLIC ",
                "UNSPECIFIED",
                "POST_TYPE_TEXT",
                "POST_VISIBILITY_PUBLIC",
                "0",
                "FOLLOWERS-ONLY",
                "TEXT,IMAGE",
                "\0",
            ] {
                let answer = endpoint.send_with(field.name, &json!(word)).await;
                assert_eq!(
                    answer.status,
                    400,
                    "{} {word:?}: {}",
                    endpoint.called(),
                    answer.text()
                );
                blames(&answer, field.name);
            }
        }
    }
}

#[tokio::test]
async fn tags_that_are_none_are_named() {
    let nova = Nova::shared().await;
    let eleven: Vec<String> = (0..11).map(|number| format!("tag{number}")).collect();
    for endpoint in endpoints(&nova).await {
        for field in endpoint
            .fields
            .iter()
            .filter(|field| field.takes == Takes::Texts)
        {
            for tags in [
                json!([""]),
                json!([" "]),
                json!(["two words"]),
                json!(["a".repeat(51)]),
                json!(["#hash"]),
                json!(["same", "same"]),
                json!(["Same", "sAME"]),
                json!(eleven),
                json!(vec!["x"; 5_000]),
                json!(["ok", "not ok"]),
                json!(["\u{202e}"]),
                json!(["🦀"]),
            ] {
                blames(&endpoint.send_with(field.name, &tags).await, field.name);
            }
            let ten = json!(eleven[..10]);
            assert!(endpoint.send_with(field.name, &ten).await.status < 300);
            assert!(
                endpoint
                    .send_with(field.name, &json!(["a".repeat(50)]))
                    .await
                    .status
                    < 300
            );
        }
    }
}

#[tokio::test]
async fn every_bad_field_of_a_post_is_named_in_one_answer() {
    let nova = Nova::shared().await;
    let user = nova.user("all").await;
    let body = json!({ "content": "", "tags": ["not ok"] });
    let problem = is_problem(&user.post("/v1/posts").json(body).await, 400);
    let mut fields: Vec<&str> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect();
    fields.sort_unstable();
    assert!(
        matches!(fields[..], ["content", tags] if tags.starts_with("tags")),
        "{problem}"
    );
}

#[tokio::test]
async fn what_is_wrong_is_not_repeated_in_the_answer() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        for field in &endpoint.fields {
            let secret = "hunter2-hunter2-hunter2\u{0}";
            let value = if field.takes == Takes::Texts {
                json!([secret])
            } else {
                json!(secret)
            };
            let answer = endpoint.send_with(field.name, &value).await;
            assert!(
                !answer.text().contains("hunter2"),
                "{}: {}",
                endpoint.called(),
                answer.text()
            );
        }
        let wrong_type = endpoint.send_with("password", &json!(["hunter2"])).await;
        assert!(
            !wrong_type.text().contains("hunter2"),
            "{}: {}",
            endpoint.called(),
            wrong_type.text()
        );
        is_callers_fault(&wrong_type);
    }
}
