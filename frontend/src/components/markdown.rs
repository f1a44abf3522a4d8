//! CommonMark that people wrote, as HTML that is safe to show: HTML in it is
//! text, links lead to web pages and mailboxes, and nothing is loaded.

use leptos::prelude::*;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

#[component]
pub(crate) fn Markdown(text: String) -> impl IntoView {
    view! { <div class="prose" inner_html=to_html(&text)></div> }
}

/// Headings begin below those of the page.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

fn safe(address: &CowStr<'_>) -> bool {
    let lower = address.trim().to_ascii_lowercase();
    ["https://", "http://", "mailto:", "#"].iter().any(|start| lower.starts_with(start))
}

/// A picture becomes its description: it would be loaded from elsewhere.
fn tame(event: Event<'_>) -> Option<Event<'_>> {
    Some(match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: below(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if safe(&dest_url) { dest_url } else { CowStr::Borrowed("#") };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        event => event,
    })
}

fn to_html(text: &str) -> String {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut out = String::new();
    html::push_html(&mut out, parser.filter_map(tame));
    // A wide table scrolls, by keyboard too. What people wrote has no tags left.
    let scroll = r#"<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>"#;
    out.replace("<table>", scroll).replace("</table>", "</table></div>")
}

#[cfg(test)]
mod tests {
    use super::to_html;

    #[test]
    fn what_people_write_stays_text() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div onclick='x'>\n\nb\n</div>",
            "![x](https://elsewhere.example/a.png)",
            "[x](javascript:alert(1))",
            "[x](JAVASCRIPT:alert(1))",
            "[x](data:text/html;base64,AAAA)",
            "[x]( java&#115;cript:alert(1))",
            "<javascript:alert(1)>",
            "<iframe src=\"https://elsewhere.example\">",
        ] {
            let html = to_html(text).to_lowercase();
            for bad in ["<script", "<img", "<div", "<iframe", "href=\"javascript", "href=\"data:"] {
                assert!(!html.contains(bad), "{text}: {html}");
            }
        }
    }

    #[test]
    fn the_rest_is_commonmark() {
        let html = to_html("# Fraud\n\n*For* claims, [see](https://a.example).\n\n| a |\n| - |\n| 1 |");
        for part in ["<h3>Fraud</h3>", "<em>For</em>", "href=\"https://a.example\"", "<table>"] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
