//! Who is answered what: every operation of the document, asked by everybody who stands in some way to whom it is about.

mod scene;

use std::collections::{BTreeMap, BTreeSet};

use nova_testkit::Request;
use nova_tests::Nova;
use nova_tests::checks::are_indistinguishable;
use nova_tests::contract::{Subject, filled};
use nova_tests::media::{picture, with_picture, with_tus};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::openapi::{description, operations};
use scene::{Scene, WHO};

/// An operation, perhaps with a word on what it is about, and what is answered to each of [`WHO`]: a status, and behind
/// `=` how many items are in the list. What it is about is Ada, who is locked, or what is hers.
///
/// In the order in which they are asked: what changes something is put right after it, and other services than the one
/// that is asked hear of that later, so those come first.
#[rustfmt::skip]
const ROWS: &[(&str, &str)] = &[
    //                               stranger follower muted waiting blocked blocking deleted anonymous forged self
    // Posts: seen by whom no block hides them from; to others they never were. Public ones of the locked, too.
    ("get_post",                        "200   200     200   200     404     404      200     200       401    200"),
    ("get_post for followers",          "404   200     404   404     404     404      404     404       401    200"),
    // Of who is not there, as of who is hidden, there is an empty list: content knows no users.
    ("list_user_posts",                 "200=1 200=2   200=1 200=1   200=0   200=0    200=1   200=1     401    200=2"),
    // 403 only to those who see it.
    ("update_post",                     "403   403     403   403     404     404      403     401       401    200"),
    ("delete_post",                     "403   403     403   403     404     404      403     401       401    204"),
    // An access token is good until it expires: what is posted by who has left, nobody sees.
    ("create_post",                     "201   201     201   201     201     201      201     401       401    201"),
    ("get_home_feed",                   "200   200     200   200     200     200      200     401       401    200"),

    // Conversations: to who is not in one it never was, and of who has left nobody is asked. It is one of Ada alone.
    ("create_conversation",             "201   201     201   201     201     201      401     401       401    201"),
    ("list_conversations",              "200   200     200   200     200     200      401     401       401    200"),
    ("get_conversation",                "404   404     404   404     404     404      401     401       401    200"),
    ("update_conversation",             "404   404     404   404     404     404      401     401       401    200"),
    ("create_message",                  "404   404     404   404     404     404      401     401       401    201"),
    ("list_messages",                   "404   404     404   404     404     404      401     401       401    200"),
    ("list_found_messages",             "404   404     404   404     404     404      401     401       401    200"),
    ("update_message",                  "404   404     404   404     404     404      401     401       401    200"),
    ("create_reaction",                 "404   404     404   404     404     404      401     401       401    204"),
    ("delete_reaction",                 "404   404     404   404     404     404      401     401       401    204"),
    ("delete_message",                  "404   404     404   404     404     404      401     401       401    204"),
    ("update_read_mark",                "404   404     404   404     404     404      401     401       401    204"),
    ("mute_conversation",               "404   404     404   404     404     404      401     401       401    204"),
    // Ada, by whom it is about: she is in it, until she removes herself.
    ("change_member",                   "404   404     404   404     404     404      401     401       401    204"),
    ("remove_member",                   "404   404     404   404     404     404      401     401       401    204"),

    // Media: nobody sees anybody. What is uploaded is one's own, and others open it by links alone. Avatars are for all.
    ("create_media",                    "201   201     201   201     201     201      201     401       401    201"),
    // Of who has left nobody sees anything, themselves neither.
    ("list_media",                      "200=1 200=1   200=1 200=1   200=1   200=1    200=0   401       401    200=3"),
    ("get_media",                       "404   404     404   404     404     404      404     401       401    200"),
    ("get_media_content",               "404   404     404   404     404     404      404     404       401    200"),
    ("get_media_thumbnail",             "404   404     404   404     404     404      404     404       401    200"),
    ("get_media_avatar",                "200   200     200   200     200     200      200     200       401    200"),
    ("delete_media",                    "404   404     404   404     404     404      404     401       401    204"),
    ("get_upload_options",              "204   204     204   204     204     204      204     401       401    204"),
    ("create_upload",                   "201   201     201   201     201     201      201     401       401    201"),
    ("get_upload",                      "404   404     404   404     404     404      404     401       401    200"),
    ("update_upload",                   "404   404     404   404     404     404      404     401       401    204"),
    ("end_upload",                      "404   404     404   404     404     404      404     401       401    204"),

    // Who asks for a socket as for a page is told how to ask.
    ("connect_chat",                    "426   426     426   426     426     426      426     401       401    426"),

    // A stream of a channel that there is not. What opens one is given for a token, until that ends.
    ("follow_events",                   "400   400     400   400     400     400      400     400       401    400"),
    ("begin_events_session",            "204   204     204   204     204     204      204     401       401    204"),
    ("give_events_ticket",              "201   201     201   201     201     201      201     401       401    201"),

    // Nothing of anybody's, and a bad token is told everywhere. Of auth a body without anything is wrong, and looked at.
    ("list_keys",                       "200   200     200   200     200     200      200     200       401    200"),
    ("check_eventbridge",               "200   200     200   200     200     200      200     200       401    200"),
    ("check_liveness",                  "200   200     200   200     200     200      200     200       401    200"),
    ("check_readiness",                 "200   200     200   200     200     200      200     200       401    200"),
    ("get_metrics",                     "200   200     200   200     200     200      200     200       401    200"),
    ("forgot_password",                 "400   400     400   400     400     400      400     400       401    400"),
    ("log_in",                          "400   400     400   400     400     400      400     400       401    400"),
    ("log_out",                         "400   400     400   400     400     400      400     400       401    400"),
    ("refresh_session",                 "400   400     400   400     400     400      400     400       401    400"),
    ("register_user",                   "400   400     400   400     400     400      400     400       401    400"),
    ("reset_password",                  "400   400     400   400     400     400      400     400       401    400"),
    ("verify_email",                    "400   400     400   400     400     400      400     400       401    400"),

    // People: nobody is there for who is blocked or blocks. Who has left looks as a stranger does.
    ("get_user",                        "200   200     200   200     404     404      200     200       401    200"),
    ("get_user_by_username",            "200   200     200   200     404     404      200     200       401    200"),
    ("list_followers",                  "200=1 200=1   200=1 200=1   404     404      200=1   200=1     401    200=1"),
    ("list_following",                  "200=0 200=0   200=0 200=0   404     404      200=0   200=0     401    200=0"),

    // The caller's own: it is not there for who has left. The password is a wrong one, where there is one.
    ("get_me",                          "200   200     200   200     200     200      401     401       401    200"),
    ("update_me",                       "200   200     200   200     200     200      401     401       401    200"),
    ("delete_me",                       "403   403     403   403     403     403      401     401       401    403"),
    ("change_password",                 "403   403     403   403     403     403      401     401       401    403"),
    // It is being made.
    ("get_export",                      "202   202     202   202     202     202      401     401       401    202"),
    ("list_blocks",                     "200=0 200=0   200=0 200=0   200=0   200=1    401     401       401    200=1"),
    ("list_mutes",                      "200=0 200=0   200=1 200=0   200=0   200=0    401     401       401    200=1"),
    ("list_follow_requests",            "200=0 200=0   200=0 200=0   200=0   200=0    401     401       401    200=1"),
    // Those of who has left have ended.
    ("list_sessions",                   "200=1 200=1   200=1 200=1   200=1   200=1    200=0   401       401    200=1"),
    // Ada's.
    ("end_session",                     "404   404     404   404     404     404      404     401       401    204"),

    // What changes how two stand: not for who has left. Ada is asked, as she is locked.
    ("follow_user",                     "202   204     202   202     404     404      401     401       401    400"),
    ("unfollow_user",                   "204   204     204   204     404     404      401     401       401    400"),
    // Ada asks nobody.
    ("accept_follow_request",           "404   404     404   404     404     404      401     401       401    404"),
    ("refuse_follow_request",           "404   404     404   404     404     404      401     401       401    404"),
    // Who waits asks Ada, and nobody else answers.
    ("accept_follow_request of waiting", "404  404     404   404     404     404      401     401       401    204"),
    ("refuse_follow_request of waiting", "404  404     404   404     404     404      401     401       401    204"),
    ("remove_follower",                 "204   204     204   204     404     404      401     401       401    422"),
    // Who is blocked may block and mute: services/identity/README.md.
    ("block_user",                      "204   204     204   204     204     204      401     401       401    422"),
    ("unblock_user",                    "204   204     204   204     204     204      401     401       401    422"),
    ("mute_user",                       "204   204     204   204     204     204      401     401       401    422"),
    ("unmute_user",                     "204   204     204   204     204     204      401     401       401    422"),
];

/// Operations by name: method and path.
async fn described(nova: &Nova) -> BTreeMap<String, (String, String)> {
    let operations = operations(&description(nova).await).into_iter();
    let named = operations.map(|(path, method, operation)| {
        let name = operation["operationId"].as_str().expect("a name");
        (name.to_owned(), (method, path))
    });
    named.collect()
}

fn operation_of(row: &str) -> &str {
    row.split(' ').next().unwrap_or_default()
}

/// What a row says of each.
fn cells(answers: &str) -> Vec<&str> {
    let cells: Vec<&str> = answers.split_whitespace().collect();
    assert_eq!(cells.len(), WHO.len(), "{answers}");
    cells
}

/// The request as the operation wants it, if its bearer may.
fn put_in(operation: &str, request: Request) -> Request {
    match operation {
        "create_media" => return with_picture(request, "post"),
        "create_upload" => return with_tus(request).header("upload-length", "10"),
        "get_upload" | "end_upload" => return with_tus(request),
        "update_upload" => {
            return with_tus(request)
                .header("upload-offset", "0")
                .header("content-type", "application/offset+octet-stream")
                .body(&picture()[..8]);
        }
        _ => {}
    }
    match body(operation) {
        Some(body) => request.json(body),
        None => request,
    }
}

fn body(operation: &str) -> Option<Value> {
    match operation {
        "create_post" => Some(json!({ "content": "by whoever asks" })),
        "create_conversation" => Some(json!({ "type": "GROUP", "member_ids": [] })),
        "create_message" | "update_message" => Some(json!({ "content": "by whoever asks" })),
        "update_read_mark" => Some(json!({ "sequence": 0 })),
        "mute_conversation" => Some(json!({ "until": null })),
        "delete_me" => Some(json!({ "password": "not the password" })),
        "change_password" => {
            Some(json!({ "current_password": "not the password", "new_password": "long enough" }))
        }
        "update_conversation"
        | "update_post"
        | "update_me"
        | "forgot_password"
        | "log_in"
        | "log_out"
        | "refresh_session"
        | "register_user"
        | "reset_password"
        | "verify_email" => Some(json!({})),
        _ => None,
    }
}

#[tokio::test]
async fn every_operation_has_a_row() {
    let described = described(&Nova::shared().await).await;
    let rows: BTreeSet<&str> = ROWS.iter().map(|(row, _)| operation_of(row)).collect();
    for (name, (method, path)) in &described {
        assert!(
            rows.contains(name.as_str()),
            "what does {method} {path} ({name}) answer to {WHO:?}?"
        );
    }
    for row in rows {
        assert!(described.contains_key(row), "there is no operation {row}");
    }
}

#[tokio::test]
async fn everybody_is_answered_as_they_stand_to_whom_it_is_about() {
    let scene = Scene::set().await;
    let described = described(&scene.nova).await;
    let mut wrong = Vec::new();
    for (row, answers) in ROWS {
        let operation = operation_of(row);
        let Some((method, template)) = described.get(operation) else {
            continue;
        };
        let path = scene.path(row, template).await;
        for (who, expected) in WHO.iter().zip(cells(answers)) {
            let answer = scene.ask(who, method, &path, operation).await;
            let mut seen = answer.status.to_string();
            if expected.contains('=') && answer.status == 200 {
                let items = answer.json::<Value>()["items"].as_array().map(Vec::len);
                seen = format!("{seen}={}", items.unwrap_or_default());
            }
            if seen != expected {
                let text = answer.text();
                wrong.push(format!("{row} to {who}: {seen}, not {expected}: {text}"));
            }
        }
        if method != "GET" {
            scene.put_right().await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same over gRPC, for what only reads.
#[tokio::test]
async fn everybody_is_answered_the_same_over_grpc() {
    let scene = Scene::set().await;
    let mut wrong = Vec::new();
    for (number, who) in WHO.iter().enumerate() {
        for (operation, code) in scene.ask_over_grpc(who).await {
            let row = ROWS.iter().find(|(row, _)| *row == operation);
            let cell = cells(row.expect("a row").1)[number];
            let expected = match cell.split('=').next() {
                Some("200") => tonic::Code::Ok,
                Some("401") => tonic::Code::Unauthenticated,
                Some("404") => tonic::Code::NotFound,
                other => panic!("{other:?} of {operation}"),
            };
            if code != expected {
                wrong.push(format!("{operation} to {who}: {code:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever is hidden is not to be told from nobody: by status, text, or anything else in an answer.
#[tokio::test]
async fn who_is_hidden_is_like_who_never_was() {
    let scene = Scene::set().await;
    // They see that they block, or are to be able to: services/identity/README.md.
    let mut seen_in_spite_of_a_block =
        vec!["block_user", "unblock_user", "mute_user", "unmute_user"];
    // It is everybody's.
    seen_in_spite_of_a_block.push("get_media_avatar");
    let (nobody, no_post) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    let gone = scene.person("deleted");
    scene.is_gone_everywhere(gone).await;
    for (name, (method, template)) in described(&scene.nova).await {
        let is_about_somebody = template.contains('{') && !template.contains("/sessions/");
        if !is_about_somebody {
            continue;
        }
        let mut none = scene.ada.clone();
        none.id.clone_from(&nobody);
        none.username = "nobody_has_it".to_owned();
        let of_nobody = filled(&template, &Subject::new(&none, &no_post));
        let mut cases = vec![("stranger", filled(&template, &scene.of_gone()))];
        if !seen_in_spite_of_a_block.contains(&name.as_str()) {
            let of_ada = filled(&template, &scene.of_ada(&template));
            cases.push(("blocked", of_ada.clone()));
            cases.push(("blocking", of_ada));
        }
        for (who, path) in cases {
            let hidden = scene.ask(who, &method, &path, &name).await;
            let none = scene.ask(who, &method, &of_nobody, &name).await;
            assert!([200, 404].contains(&hidden.status), "{name} to {who}");
            are_indistinguishable(&hidden, &none);
        }
    }
}
