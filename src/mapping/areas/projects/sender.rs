//! The sender of the mails of a project.

use crate::mapping::ground::context::Context;
use crate::mapping::ground::writer::Writer;
use crate::model::{Element, Node, Path, is_address};
use crate::schema::PART;

const TAG: &str = "senderAddress";

/// The property of a project that holds it.
const PROPERTY: &str = "jira.project.email.sender";

/// Returns the sender; what is no address stands as unreadable.
pub(crate) fn read(context: &mut Context<'_>, id: &str, project: Path) -> Option<Node> {
    let address = context.properties.get("Project", id, PROPERTY).filter(|own| !own.is_empty())?;
    if is_address(address) {
        return Some(Node::leaf(TAG, address));
    }
    let message = format!("`{address}` is not an e-mail address; it is kept as unreadable");
    context.unreadable(project.child(TAG), message);
    Some(Node::unreadable(TAG, address))
}

/// Writes the sender; what is no address stays.
pub(crate) fn put(writer: &mut Writer<'_>, object: &Element, id: &str) {
    if object.all("unreadable").any(|own| own.attribute_named(PART) == Some(TAG)) {
        return;
    }
    let sender = writer.properties.get("Project", id, PROPERTY).unwrap_or("").to_owned();
    let wanted = object.text_of(TAG).filter(|address| !address.is_empty());
    if sender != wanted.unwrap_or("") {
        writer.put_property("Project", id, PROPERTY, wanted);
    }
}
