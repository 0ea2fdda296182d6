
#[tokio::test]
async fn a_document_recalled_before_it_was_fetched_is_not_delivered() {
    let axis = Axis::start();
    let (sender, recipient) = (axis.office(FINANCE), axis.office(VINH_PHUC));
    let recalled = sender.send(&[VINH_PHUC]).await.document_id;
    sender.report(&recalled, 13).await.unwrap();
    recipient.report(&recalled, 15).await.unwrap();
    let next = sender.send(&[VINH_PHUC]).await.document_id;
    let listed = recipient.pending(0, 0).await.documents;
    let listed: Vec<String> = listed.into_iter().map(|d| d.document_id).collect();
    assert_eq!(listed, [next]);
}
