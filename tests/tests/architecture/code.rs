//! What Rust code mentions, read from its tokens: comments and texts are no code.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// Every path outside of `#[cfg(test)]`, whether in a `use` or in the code: `use a::{b, c::d}` mentions `a::b`
/// and `a::c::d`. A name that stands alone is a path of one.
pub(crate) fn paths(source: &str) -> anyhow::Result<Vec<Vec<String>>> {
    let mut found = Vec::new();
    walk(tokens(source)?, &[], &mut found);
    Ok(found)
}

/// Names of the modules that are declared, in tests too.
pub(crate) fn modules(source: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    declared(tokens(source)?, &mut found);
    Ok(found)
}

fn tokens(source: &str) -> anyhow::Result<TokenStream> {
    source
        .parse()
        .map_err(|error| anyhow::anyhow!("this is no Rust: {error}"))
}

fn walk(stream: TokenStream, prefix: &[String], found: &mut Vec<Vec<String>>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut rest = tokens.as_slice();
    while let Some((token, after)) = rest.split_first() {
        rest = match (token, after.first()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)))
                if hash.as_char() == '#' && is_for_tests(attribute) =>
            {
                behind_the_item(after)
            }
            (TokenTree::Ident(_), _) => behind_the_path(rest, prefix, found),
            (TokenTree::Group(group), _) => {
                walk(group.stream(), &[], found);
                after
            }
            _ => after,
        };
    }
}

fn is_for_tests(attribute: &Group) -> bool {
    attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// An item ends with its braces or with a semicolon.
fn behind_the_item(tokens: &[TokenTree]) -> &[TokenTree] {
    let end = tokens.iter().position(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    });
    end.map_or(&[], |end| &tokens[end + 1..])
}

fn behind_the_path<'a>(
    tokens: &'a [TokenTree],
    prefix: &[String],
    found: &mut Vec<Vec<String>>,
) -> &'a [TokenTree] {
    let mut names = prefix.to_vec();
    let mut rest = tokens;
    loop {
        match rest {
            [TokenTree::Ident(name), after @ ..] => {
                names.push(name.to_string());
                rest = after;
            }
            [TokenTree::Group(group), after @ ..] if group.delimiter() == Delimiter::Brace => {
                walk(group.stream(), &names, found);
                return after;
            }
            _ => break,
        }
        match rest {
            [
                TokenTree::Punct(first),
                TokenTree::Punct(second),
                after @ ..,
            ] if first.as_char() == ':'
                && first.spacing() == Spacing::Joint
                && second.as_char() == ':' =>
            {
                rest = after;
            }
            _ => break,
        }
    }
    found.push(names);
    rest
}

fn declared(stream: TokenStream, found: &mut Vec<String>) {
    let mut after_mod = false;
    for token in stream {
        match token {
            TokenTree::Group(group) => declared(group.stream(), found),
            TokenTree::Ident(name) if after_mod => {
                found.push(name.to_string());
                after_mod = false;
            }
            TokenTree::Ident(name) => after_mod = name == "mod",
            _ => after_mod = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentioned(source: &str) -> Vec<String> {
        paths(source)
            .unwrap()
            .iter()
            .map(|path| path.join("::"))
            .collect()
    }

    #[test]
    fn a_tree_of_uses_is_one_path_per_leaf() {
        let found = mentioned("use a::{b, c::{d, e::f}, g as h};");
        for path in ["a::b", "a::c::d", "a::c::e::f", "a::g"] {
            assert!(found.contains(&path.to_owned()), "{path} in {found:?}");
        }
    }

    #[test]
    fn paths_in_the_code_and_in_macros_are_seen() {
        let found = mentioned("fn f(a: ::x::Y) -> Vec<b::C> { c::d::<e::F>(vec![g::h!(i::J)]) }");
        for path in ["x::Y", "b::C", "c::d", "e::F", "g::h", "i::J"] {
            assert!(found.contains(&path.to_owned()), "{path} in {found:?}");
        }
    }

    #[test]
    fn comments_texts_and_tests_are_not() {
        let source = r#"
            //! a::b
            /// a::b
            fn f() { "a::b"; /* a::b */ }
            #[cfg(test)]
            #[expect(dead_code)]
            mod tests { fn f() { a::b } }
            #[cfg(test)]
            use a::b;
            fn g() { c::d }
        "#;
        let found = mentioned(source);
        assert!(!found.contains(&"a::b".to_owned()), "{found:?}");
        assert!(found.contains(&"c::d".to_owned()), "{found:?}");
    }

    #[test]
    fn modules_are_found_however_deep() {
        assert_eq!(
            modules("mod a; pub(crate) mod b { mod c {} } fn f() {}").unwrap(),
            ["a", "b", "c"]
        );
    }
}
