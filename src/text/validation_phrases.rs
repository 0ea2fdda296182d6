//! Labels and sentences of `docaxis verify`. `{}` is a fact, quoted as it came.
//!
//! Names of indications are those of ETSI EN 319 102-1; their codes stand beside them untranslated.

use super::bilingual::bilingual;

bilingual! {
    /// A label or sentence of a validation report.
    ValidationPhrase {
        /// Heading of a block.
        Acceptance = "acceptance", "chấp nhận";
        /// Found: the policy accepts it.
        Accepted = "the policy accepts {} with {}", "chính sách chấp nhận {} với {}";
        /// Found: the algorithm is not allowed.
        AlgorithmRefused = "the policy does not allow {} with {}", "chính sách không cho phép {} với {}";
        /// Found: an attachment is another than the header names.
        AttachmentAltered = "attachment `{}` is not the one the signed header names: its digest differs", "tệp đính kèm `{}` không phải tệp mà phần thông tin đầu văn bản đã ký nêu: giá trị băm khác";
        /// Found: attachments travel apart.
        AttachmentsApart = "{} of {} attachments are not in this file and were not looked at", "{} trong {} tệp đính kèm không nằm trong tệp này nên chưa được xem xét";
        /// Found: attachments are those of the header.
        AttachmentsIntact = "every attachment in the file is the one the header names ({})", "mọi tệp đính kèm trong tệp đúng là tệp mà phần thông tin đầu văn bản nêu ({})";
        /// Size of a file.
        Bytes = "{} bytes", "{} byte";
        /// Heading of a block.
        Chain = "chain", "chuỗi chứng thư";
        /// Found: a certificate of the path breaks a rule.
        ChainBroken = "the certificates break a rule of RFC 5280: {}", "chứng thư vi phạm quy định của RFC 5280 (chi tiết kỹ thuật: {})";
        /// Found: the path.
        ChainFound = "leads to {}; every certificate was valid when it was used and at the instant of judging", "dẫn tới {}; mọi chứng thư đều có hiệu lực khi ký và tại thời điểm xét";
        /// Found: the path of a certificate that has expired since.
        ChainFoundThen = "leads to {}; a certificate has expired since it was used, and the policy believes the signing time", "dẫn tới {}; có chứng thư đã hết hạn sau khi ký, và chính sách chấp nhận thời điểm ký do người ký khai";
        /// Found: nobody trusted issued it.
        ChainMissing = "no trusted authority issued this certificate", "chứng thư này không do cơ quan cấp chứng thư tin cậy nào cấp";
        /// Found: a connection certificate.
        ConnectionCertificate = "a connection certificate does not sign documents", "chứng thư kết nối không dùng để ký văn bản";
        /// Found: the content differs.
        ContentAltered = "the content is not what was signed: its {} digest differs", "nội dung không phải là nội dung đã ký: giá trị băm {} khác";
        /// Found: the content is not at hand.
        ContentMissing = "the signature is detached and its content was not given", "chữ ký tách rời và chưa có nội dung đi kèm";
        /// Heading of a block.
        Cryptography = "cryptography", "mật mã";
        /// Found: content and signature fit.
        CryptographyRight = "the content is what was signed ({}), and the signature is of this key", "nội dung đúng là nội dung đã ký ({}), và chữ ký là của khóa này";
        /// Heading.
        Examined = "examined at {}", "kiểm tra lúc {}";
        /// Found: the certificate had expired.
        Expired = "the certificate expired on {}, before it signed on {}", "chứng thư hết hạn lúc {}, trước khi ký lúc {}";
        /// Found: expired, and no time of signing.
        ExpiredTimeless = "the certificate expired on {}, and the signature says no time", "chứng thư hết hạn lúc {}, và chữ ký không ghi thời điểm";
        /// Found: expired since.
        ExpiredSince = "the certificate expired on {}; that it signed before is only what the signer says", "chứng thư hết hạn lúc {}; việc ký trước đó chỉ là lời khai của người ký";
        /// Label.
        Failed = "FAILED", "KHÔNG ĐẠT";
        /// Heading of a block.
        Format = "format", "định dạng";
        /// Found: the form is in order.
        FormatRight = "a CMS SignedData with its signed attributes in order", "CMS SignedData, các thuộc tính được ký đúng quy cách";
        /// Found: the form is in order, without attributes.
        FormatBare = "a CMS SignedData that signs the content alone, without signed attributes", "CMS SignedData chỉ ký nội dung, không có thuộc tính được ký";
        /// Found: the form is broken.
        FormatBroken = "cannot be read: {}", "không đọc được (chi tiết kỹ thuật: {})";
        /// Found: a PDF's signature covers everything.
        FormatWhole = "the signature covers the whole file", "chữ ký bao trùm toàn bộ tệp";
        /// Found: a PDF grew after a signature: bytes covered, bytes there are.
        FormatPart = "the signature covers the first {} of {} bytes: the file grew later", "chữ ký bao trùm {} byte đầu trong {} byte: tệp được ghi thêm về sau";
        /// Label.
        Indeterminate = "INDETERMINATE", "CHƯA KẾT LUẬN";
        /// How the verdict came about: name of the policy.
        Judged = "judged under the policy `{}`", "xét theo chính sách `{}`";
        /// The cryptography was not done again.
        JudgedAgain = "judged again from the facts of an earlier report; no signature was verified again", "xét lại từ dữ kiện của báo cáo trước; không kiểm tra lại chữ ký nào";
        /// Found: the key is too short.
        KeyShort = "the key, {} of {} bits, is shorter than the policy asks for ({})", "khóa {} dài {} bit, ngắn hơn mức chính sách yêu cầu ({})";
        /// Found: key usage forbids it.
        KeyUsage = "what the certificate's key may be used for does not include signing documents", "mục đích sử dụng khóa của chứng thư không gồm việc ký văn bản";
        /// Label.
        KindCms = "CMS signature", "chữ ký CMS";
        /// Label.
        KindDocument = "document of the axis", "văn bản của trục liên thông";
        /// Label.
        KindPdf = "signed PDF", "PDF có chữ ký";
        /// Found: worth of a document.
        LegalFull = "signed by the competent person and the organisation: full legal value (NĐ 30/2020/NĐ-CP, Art. 5.1)", "có chữ ký số của người có thẩm quyền và của cơ quan, tổ chức: đủ giá trị pháp lý (NĐ 30/2020/NĐ-CP, Điều 5.1)";
        /// Found: worth of a document.
        LegalReference = "not signed by both the competent person and the organisation: for reference only (QĐ 28/2018/QĐ-TTg, Art. 4.2)", "chưa đủ chữ ký số của người có thẩm quyền và của cơ quan, tổ chức: chỉ để tham khảo (QĐ 28/2018/QĐ-TTg, Điều 4.2)";
        /// Heading.
        Links = "certificates, from the signer to the anchor", "các chứng thư, từ người ký tới gốc tin cậy";
        /// Found: not yet valid.
        NotYetValid = "the certificate is valid from {}, after it signed on {}", "chứng thư có hiệu lực từ {}, sau thời điểm ký {}";
        /// Found: only the content is signed.
        NoAttributes = "it signs the content without the signed attributes that CAdES and PAdES require", "ký trực tiếp nội dung, không có các thuộc tính được ký mà CAdES và PAdES yêu cầu";
        /// Of a block: an earlier one left nothing to look at.
        NotReached = "not reached", "không xét tới";
        /// Found: nothing is signed.
        NobodySigned = "nobody signed it", "tệp chưa có chữ ký nào";
        /// Found: an authority was not valid.
        AuthorityOutside = "authority {} was not valid on {}", "cơ quan cấp chứng thư {} không có hiệu lực lúc {}";
        /// Label.
        Passed = "PASSED", "ĐẠT";
        /// Label of a time stamp that stands alone.
        AloneStamp = "Time stamp", "Dấu thời gian";
        /// Found: content inside that is not the content given.
        ContentContradicted = "the signature carries content of its own, and it is not the content it is to be of", "chữ ký mang theo nội dung riêng, khác với nội dung cần kiểm tra";
        /// Found: bytes behind the last signature.
        PdfAdded = "{} bytes were added after the last signature; nobody signed them", "{} byte được ghi thêm sau chữ ký cuối cùng; không ai ký phần này";
        /// Found: harmless bytes behind the last signature.
        PdfAddedData = "{} bytes were added after the last signature; they change nothing of what it says", "{} byte được ghi thêm sau chữ ký cuối cùng; phần này không làm thay đổi nội dung";
        /// Found: a part of a PDF was changed after this signature.
        PdfChanged = "the document was changed after it was signed: {}", "tài liệu bị thay đổi sau khi ký: {}";
        /// Found: a field that was not there when it was signed.
        PdfFieldAdded = "form field {} was added or rearranged after it was signed", "trường biểu mẫu {} được thêm hoặc bố trí lại sau khi ký";
        /// Found: a form was filled in after this signature.
        PdfFilledIn = "the form was filled in or changed after it was signed ({}), and the signer did not allow that", "biểu mẫu được điền hoặc thay đổi sau khi ký ({}), người ký không cho phép việc này";
        /// Found: a locked field was changed.
        PdfLockedField = "form field {}, which the signer locked, was changed after it was signed", "trường biểu mẫu {} đã được người ký khóa nhưng bị thay đổi sau khi ký";
        /// Found: annotations on a page: its number, what.
        PdfPageAnnotated = "annotations of page {} were changed after it was signed ({}), and the signer did not allow that", "chú thích trên trang {} bị thay đổi sau khi ký ({}), người ký không cho phép việc này";
        /// Found: a page was changed: its number, what.
        PdfPageChanged = "page {} was changed after it was signed: {}", "trang {} bị thay đổi sau khi ký: {}";
        /// Found: signed again where the signer allowed no change.
        PdfSignedAgain = "it was signed again ({}), and the signer allowed no change", "tài liệu được ký thêm ({}), trong khi người ký không cho phép thay đổi nào";
        /// Found: what was changed cannot be told.
        PdfUnknownChange = "what was changed after it was signed cannot be told: {}", "không xác định được nội dung thay đổi sau khi ký (chi tiết kỹ thuật: {})";
        /// Found: the PDF is covered.
        PdfCovered = "the last signature covers the whole file", "chữ ký cuối cùng bao trùm toàn bộ tệp";
        /// Heading of the whole file's findings.
        WholeFile = "The file", "Tệp";
        /// How to read a report.
        How = "each block is judged on its own; the verdict is the worst of them", "mỗi phần được xét riêng; kết luận là kết quả xấu nhất trong các phần";
        /// Heading.
        Remedy = "what to do", "cần làm gì";
        /// Remedy of an altered content.
        RemedyAltered = "Do not rely on it. Ask the sender for the original; compare the digests.", "Không sử dụng. Đề nghị bên gửi cung cấp bản gốc; đối chiếu giá trị băm.";
        /// Remedy of attachments that are not there.
        RemedyAttachments = "Keep the attachments in the document's file, or allow their absence in the policy.", "Giữ các tệp đính kèm trong tệp văn bản, hoặc cho phép vắng mặt trong chính sách.";
        /// Remedy of a missing path.
        RemedyChain = "Name the anchors of the issuer with --ca, and check that the signer's authorities are among them or in the signature.", "Chỉ ra gốc tin cậy của nơi cấp bằng --ca, và xem các cơ quan cấp chứng thư của người ký đã có trong đó hoặc trong chữ ký chưa.";
        /// Remedy of a document changed after signing.
        RemedyChanged = "Rely only on what was signed: ask the sender for the document as it was when this signature was made, and compare.", "Chỉ sử dụng nội dung đã ký: đề nghị bên gửi cung cấp tài liệu đúng như khi ký chữ ký này để đối chiếu.";
        /// Remedy of what is not looked at here.
        RemedyLimit = "This is a limit of this program, not a fault of the signature: have it examined with other software. docs/validation.md says what is read here.", "Đây là giới hạn của phần mềm này, không phải lỗi của chữ ký: hãy kiểm tra bằng phần mềm khác. Tệp docs/validation.md nêu những gì phần mềm này đọc được.";
        /// Remedy of missing content.
        RemedyContent = "Give the signed content with --content FILE.", "Cung cấp nội dung đã ký bằng --content TỆP.";
        /// Remedy of broken constraints.
        RemedyConstraints = "Decide whether the rule fits this document; another policy is given with --policy FILE.", "Xem chính sách có phù hợp với văn bản này không; dùng chính sách khác bằng --policy TỆP.";
        /// Remedy of a broken form.
        RemedyFormat = "Ask the sender to sign again with software that writes CMS with signed attributes (CAdES, PAdES).", "Đề nghị bên gửi ký lại bằng phần mềm tạo CMS có thuộc tính được ký (CAdES, PAdES).";
        /// Remedy of a missing list.
        RemedyList = "Give a current revocation list of the issuer with --crl FILE, and judge again.", "Cung cấp danh sách thu hồi còn hạn của nơi cấp bằng --crl TỆP rồi xét lại.";
        /// Remedy of a missing proof of time.
        RemedyProof = "Show that the signature existed before: if the hub has a receipt for it, judge at the time of the receipt (--at); if the signature has a time stamp, give the anchor of the time-stamping authority with --ca and its list with --crl; if there is other proof, trust_signing_time = true in a policy says so.", "Chứng minh chữ ký đã có từ trước: nếu có xác nhận của trục thì xét tại thời điểm trên xác nhận (--at); nếu chữ ký có dấu thời gian thì chỉ ra gốc tin cậy của tổ chức cấp dấu thời gian bằng --ca và danh sách thu hồi của tổ chức đó bằng --crl; nếu có bằng chứng khác thì đặt trust_signing_time = true trong chính sách.";
        /// Remedy of a signature that must not be relied on.
        RemedyRefuse = "Do not rely on it. Ask the signer to sign again with a certificate in force.", "Không sử dụng. Đề nghị người ký ký lại bằng chứng thư còn hiệu lực.";
        /// Heading of a block.
        Revocation = "revocation", "tình trạng thu hồi";
        /// Found: not revoked.
        RevocationGood = "no certificate of the path is revoked; the lists are of {} or later", "không chứng thư nào trong chuỗi bị thu hồi; các danh sách thu hồi được phát hành từ {} trở về sau";
        /// Found: the policy does not ask.
        RevocationIgnored = "not looked at, as the policy says", "không xem xét, theo chính sách";
        /// Found: there is no list.
        RevocationMissing = "there is no revocation list of the issuer of {}", "không có danh sách thu hồi của nơi cấp chứng thư {}";
        /// Found: nothing to look up.
        RevocationNoChain = "without a path there is nobody whose list would count", "không có chuỗi thì không có danh sách thu hồi nào để xét";
        /// Found: the list is old.
        RevocationOld = "the revocation list of the issuer of {} should have been replaced at {}", "danh sách thu hồi của nơi cấp chứng thư {} lẽ ra phải được thay lúc {}";
        /// Found: nothing is known of revocation, and nothing is asked.
        RevocationNothing = "no list speaks of these certificates, and the policy asks for none", "không danh sách nào nói về các chứng thư này, và chính sách không đòi hỏi";
        /// Found: revoked, whose and when.
        Revoked = "the certificate of {} was revoked on {}, before it signed", "chứng thư của {} bị thu hồi lúc {}, trước khi ký";
        /// Found: revoked since.
        RevokedSince = "the certificate of {} was revoked on {}; that it signed before is only what the signer says", "chứng thư của {} bị thu hồi lúc {}; việc ký trước đó chỉ là lời khai của người ký";
        /// Found: revoked since, and that is accepted.
        RevokedSinceAccepted = "the certificate of {} was revoked on {}, after the signing time that the policy believes", "chứng thư của {} bị thu hồi lúc {}, sau thời điểm ký mà chính sách chấp nhận";
        /// Found: signer and sender differ.
        SenderDiffers = "the certificate belongs to {}, the document to {}", "chứng thư thuộc về {}, còn văn bản là của {}";
        /// Found: signed by whom nobody knows.
        SenderUnknown = "the certificate names no organisation, the document is of {}", "chứng thư không nêu cơ quan, tổ chức nào, còn văn bản là của {}";
        /// Label, before a number.
        Signature = "Signature", "Chữ ký";
        /// Found: the signature is wrong.
        SignatureWrong = "the signature was not made by the key of this certificate over this content", "chữ ký không do khóa của chứng thư này tạo trên nội dung này";
        /// Found: no verdict on the signature.
        SignatureUnverified = "there is no key to verify it with, or this use of the key is not verified here", "không có khóa để kiểm tra, hoặc cách dùng khóa này không được kiểm tra tại đây";
        /// Heading of a block.
        Signer = "signer", "người ký";
        /// Found: who signed; when he says so.
        SignerFound = "{}, on {} by its own clock", "{}, ký lúc {} theo đồng hồ của người ký";
        /// Found: who signed, without a time.
        SignerFoundTimeless = "{}; the signature says no time", "{}; chữ ký không ghi thời điểm";
        /// Found: nobody can be named.
        SignerMissing = "the signer's certificate cannot be had: {}", "không có chứng thư của người ký (chi tiết kỹ thuật: {})";
        /// Found: the certificate is not the one that was meant.
        SignerOther = "signing-certificate-v2 names another certificate than the one that came with it", "thuộc tính signing-certificate-v2 nêu chứng thư khác với chứng thư đi kèm";
        /// Found: an attribute the policy asks for is missing.
        AttributeMissing = "the policy asks for the signed attribute {}", "chính sách yêu cầu thuộc tính được ký {}";
        /// Found: a signing time in the future.
        TimeAhead = "the signing time {} is later than the instant of judging ({})", "thời điểm ký {} muộn hơn thời điểm xét ({})";
        /// Title.
        Title = "Validation report", "Báo cáo xác thực chữ ký";
        /// Found: a limit of ours.
        Unexamined = "not examined: {}", "chưa được kiểm tra (chi tiết kỹ thuật: {})";
        /// Found: of a kind that is not verified here.
        Unsupported = "not verified here: {}", "không kiểm tra được tại đây (chi tiết kỹ thuật: {})";
        /// Between two dates.
        Validity = "valid from {} to {}", "hiệu lực từ {} đến {}";
        /// Found: a key or algorithm of the path is not verified here: certificate, issuer.
        ChainAlgorithm = "the certificate of {} is signed with an algorithm or key of {} that is not verified here", "chứng thư của {} được ký bằng thuật toán hoặc khóa của {} mà ở đây không kiểm tra";
        /// Found: the authority by name has not signed it: certificate, issuer.
        ChainNotSigned = "the certificate of {} names {} as its issuer, whose key did not sign it", "chứng thư của {} ghi nơi cấp là {}, nhưng không do khóa của nơi này ký";
        /// Found: which certificate breaks which rule.
        ChainRule = "the certificate of {}: {}", "chứng thư của {}: {}";
        /// Found: the search was ended.
        ChainTooMany = "there are more certificates to look for a trusted authority through than are looked at", "số chứng thư phải dò để tới gốc tin cậy vượt quá giới hạn xem xét";
        /// Found: not all paths were tried.
        ChainsCut = "not every path was tried: there are more than are looked at", "chưa thử mọi chuỗi: số chuỗi vượt quá giới hạn xem xét";
        /// What became of a list.
        FateAlgorithm = "it is signed with an algorithm or a key that is not verified here", "được ký bằng thuật toán hoặc khóa mà ở đây không kiểm tra";
        /// What became of a list: the extension.
        FateCriticalExtension = "it has a critical extension that is not known here ({})", "có phần mở rộng quan trọng mà ở đây không biết ({})";
        /// What became of a list.
        FateDeltaWithoutBase = "it tells only changes, and the full list before them is not at hand", "chỉ ghi phần thay đổi, và không có danh sách đầy đủ trước đó";
        /// What became of a list.
        FateFuture = "it is dated in the future", "ghi ngày phát hành trong tương lai";
        /// What became of a list.
        FateKeyUsage = "the key that signed it is not for signing revocation lists", "khóa ký danh sách không được dùng để ký danh sách thu hồi";
        /// What became of a list.
        FateNoIssuer = "it is of an issuer of none of these certificates", "nơi phát hành không cấp chứng thư nào trong chuỗi";
        /// What became of a list.
        FateNoNextUpdate = "it does not say when it is to be replaced", "không ghi thời điểm phát hành danh sách kế tiếp";
        /// What became of a list.
        FateOtherScope = "it is of other certificates of the issuer", "chỉ nói về các chứng thư khác của nơi cấp";
        /// What became of a list.
        FateSigner = "whoever signed it does not lead to the trusted authority of the path", "người ký danh sách không dẫn tới gốc tin cậy của chuỗi";
        /// What became of a list.
        FateSignerRevoked = "the certificate of whoever signed it is revoked", "chứng thư của người ký danh sách đã bị thu hồi";
        /// What became of a list.
        FateSuperseded = "a newer list stands for it", "đã có danh sách mới hơn thay thế";
        /// What became of a list.
        FateUnreadable = "it is no revocation list, or it is broken", "không phải danh sách thu hồi, hoặc bị hỏng";
        /// What became of a list.
        FateUnsigned = "it is not signed by the issuer it names", "không do nơi phát hành ghi trong danh sách ký";
        /// What became of a list.
        FateUsed = "used", "đã dùng";
        /// Heading.
        Lists = "revocation lists", "các danh sách thu hồi";
        /// Found: a list that says nothing: its name, and why.
        ListUnused = "revocation list {} was not used: {}", "danh sách thu hồi {} không được dùng: {}";
        /// Found: another path: over whom, and why not.
        OtherPath = "another path, over {}, is no better: {}", "một chuỗi khác, qua {}, không tốt hơn: {}";
        /// Found: certificate policies were examined under other inputs.
        PoliciesOther = "the certificate policies were examined under other demands than this policy makes: verify the file again", "chính sách chứng thư đã được xem xét theo yêu cầu khác với chính sách này: cần kiểm tra lại tệp";
        /// Remedy of a broken rule.
        RemedyRule = "Tell whoever issued the certificate. If there is another path, name its certificates with --intermediate and its anchor with --ca.", "Báo cho nơi cấp chứng thư. Nếu có chuỗi khác, chỉ ra chứng thư của chuỗi bằng --intermediate và gốc tin cậy bằng --ca.";
        /// Remedy of a suspension.
        RemedySuspended = "Wait for the next revocation list: it says whether the certificate is revoked or in force again.", "Chờ danh sách thu hồi kế tiếp: danh sách đó cho biết chứng thư bị thu hồi hay có hiệu lực trở lại.";
        /// Remedy of a list that was not used.
        RemedyUnused = "Ask the issuer for a full, current revocation list of these certificates, and give it with --crl FILE.", "Đề nghị nơi cấp cung cấp danh sách thu hồi đầy đủ, còn hạn của các chứng thư này, rồi đưa vào bằng --crl TỆP.";
        /// Found: the list is of a time at which the certificate had expired: whose, date of the list, expiry.
        RevocationLate = "the revocation list for {} is of {}, when that certificate had expired ({}): lists leave out what has expired", "danh sách thu hồi cho {} phát hành lúc {}, khi chứng thư đó đã hết hạn ({}): danh sách không ghi chứng thư đã hết hạn";
        /// Found: the signer is an anchor.
        RevocationNeedless = "the certificate is trusted for itself: no list would name it", "chứng thư được tin cậy trực tiếp: không danh sách nào ghi chứng thư này";
        /// Found: some certificates have no list, and the policy does not ask for one.
        RevocationPartly = "no list at hand names these certificates; of {} none speaks, and the policy does not ask for one", "không danh sách nào hiện có ghi các chứng thư này; riêng {} không có danh sách nào nói tới, và chính sách không đòi hỏi";
        /// Found: lists of some reasons only.
        RevocationReasons = "the revocation lists for {} speak of some reasons for revocation only", "các danh sách thu hồi cho {} chỉ nói về một số lý do thu hồi";
        /// A rule that is broken.
        RuleAuthority = "it issued a certificate and is no authority (RFC 5280, 4.2.1.9)", "đã cấp chứng thư nhưng không phải chứng thư của cơ quan cấp (RFC 5280, 4.2.1.9)";
        /// A rule that is broken.
        RuleConstraintForm = "a constraint on names is of a form that is not known here (RFC 5280, 4.2.1.10)", "ràng buộc tên có dạng mà ở đây không biết (RFC 5280, 4.2.1.10)";
        /// A rule that is broken.
        RuleCriticalExtension = "it has a critical extension that is not known here (RFC 5280, 4.2)", "có phần mở rộng quan trọng mà ở đây không biết (RFC 5280, 4.2)";
        /// A rule that is broken.
        RuleExcludedName = "a name in it is excluded by an authority above (RFC 5280, 4.2.1.10)", "có tên bị cơ quan cấp phía trên loại trừ (RFC 5280, 4.2.1.10)";
        /// A rule that is broken.
        RuleExplicitPolicy = "no certificate policy is acceptable along the path, and one is required (RFC 5280, 6.1.5)", "không có chính sách chứng thư nào được chấp nhận trên cả chuỗi, trong khi bắt buộc phải có (RFC 5280, 6.1.5)";
        /// A rule that is broken.
        RuleExtension = "an extension of it cannot be read, or stands twice (RFC 5280, 4.2)", "có phần mở rộng không đọc được hoặc lặp lại (RFC 5280, 4.2)";
        /// A rule that is broken.
        RuleIssuer = "the key it names as its issuer's is not that of the authority above (RFC 5280, 4.2.1.1)", "khóa nơi cấp ghi trong chứng thư không phải khóa của cơ quan cấp phía trên (RFC 5280, 4.2.1.1)";
        /// A rule that is broken.
        RuleKeyCertSign = "its key is not for signing certificates (RFC 5280, 4.2.1.3)", "khóa không được dùng để ký chứng thư (RFC 5280, 4.2.1.3)";
        /// A rule that is broken.
        RuleKeyParameters = "its key is on a curve that it describes itself (RFC 5480, 2.1.1)", "khóa nằm trên đường cong do chính chứng thư tự mô tả (RFC 5480, 2.1.1)";
        /// A rule that is broken.
        RuleOther = "it breaks a rule of RFC 5280", "vi phạm một quy định của RFC 5280";
        /// A rule that is broken.
        RulePathLength = "more authorities stand below it than it allows (RFC 5280, 4.2.1.9)", "số cơ quan cấp phía dưới vượt quá mức chứng thư cho phép (RFC 5280, 4.2.1.9)";
        /// A rule that is broken.
        RulePermittedName = "a name in it is none of those that an authority above permits (RFC 5280, 4.2.1.10)", "có tên không thuộc các tên mà cơ quan cấp phía trên cho phép (RFC 5280, 4.2.1.10)";
        /// A rule that is broken.
        RulePolicyExtension = "its certificate policies cannot be read (RFC 5280, 4.2.1.4)", "không đọc được chính sách chứng thư (RFC 5280, 4.2.1.4)";
        /// A rule that is broken.
        RuleSignature = "its signature is not of the key above it (RFC 5280, 6.1.3)", "chữ ký trên chứng thư không do khóa phía trên tạo (RFC 5280, 6.1.3)";
        /// A rule that is broken.
        RuleUnreadable = "it cannot be read", "không đọc được";
        /// Found: the path of a certificate that has expired since, and a time stamp.
        ChainFoundProved = "leads to {}; a certificate has expired since, and a time stamp proves that it was used before", "dẫn tới {}; có chứng thư đã hết hạn về sau, và dấu thời gian chứng minh chữ ký đã có từ trước";
        /// Label, before a number.
        DocumentStamp = "Signature (time stamp of the document)", "Chữ ký (dấu thời gian của tài liệu)";
        /// Found: a time stamp of the document that is broken: by whom, why.
        DocumentStampBroken = "a time stamp over the document, by {}, is broken: {}", "dấu thời gian trên tài liệu, do {} cấp, bị hỏng: {}";
        /// Found: revoked after the time that a time stamp proves.
        RevokedSinceProved = "the certificate of {} was revoked on {}, after the time that a time stamp proves", "chứng thư của {} bị thu hồi lúc {}, sau thời điểm mà dấu thời gian chứng minh";
        /// Found: revoked, and no time of signing.
        RevokedTimeless = "the certificate of {} was revoked on {}, and the signature says no time", "chứng thư của {} bị thu hồi lúc {}, và chữ ký không ghi thời điểm";
        /// A time stamp over what.
        StampAlone = "over what was given with it", "trên nội dung được đưa kèm";
        /// A time stamp over what.
        StampArchive = "over the signature and its evidence", "trên chữ ký và dữ liệu kiểm tra kèm theo";
        /// A time stamp over what.
        StampContent = "over the content, before it was signed", "trên nội dung, trước khi ký";
        /// Found: the digest of a time stamp is not allowed.
        StampDigest = "the policy does not allow {} as the digest of a time stamp", "chính sách không cho phép dùng {} làm giá trị băm của dấu thời gian";
        /// A time stamp over what.
        StampDocument = "over the whole document", "trên toàn bộ tài liệu";
        /// Found: a time stamp that helps nothing: over what, by whom, its time, why.
        StampDoubtful = "a time stamp {}, by {} at {}, proves nothing: {}", "dấu thời gian {}, do {} cấp lúc {}, không chứng minh được gì: {}";
        /// Found: a time stamp is over something else.
        StampOther = "it is over something else: the {} digest in it differs", "dấu thời gian của nội dung khác: giá trị băm {} trong đó khác";
        /// Found: a good time stamp: over what, by whom, its time.
        StampProves = "a time stamp {}, by {}, proves that this existed on {}", "dấu thời gian {}, do {} cấp, chứng minh phần này đã có lúc {}";
        /// Found: time stamps contradict each other: content, signature.
        StampsOutOfOrder = "by its time stamps the content is of {}, later than the signature over it ({})", "theo các dấu thời gian, nội dung có lúc {}, muộn hơn chữ ký trên nội dung đó ({})";
        /// A time stamp over what.
        StampSignature = "over the signature", "trên chữ ký";
        /// Found: a time stamp that cannot be read: over what, why.
        StampUnread = "a time stamp {} proves nothing: {}", "dấu thời gian {} không chứng minh được gì: {}";
        /// Found: the certificate is for other things.
        StampUsage = "the certificate is not for time stamps alone (RFC 3161, 2.3)", "chứng thư không phải loại chỉ dùng để cấp dấu thời gian (RFC 3161, 2.3)";
        /// Found: the signing time is later than a time stamp over the signature.
        TimeAfterStamp = "the signing time {} is later than the time stamp over it ({})", "thời điểm ký {} muộn hơn dấu thời gian trên chữ ký ({})";
        /// Found: the signing time is before the time stamp over the content.
        TimeBeforeStamp = "the content has a time stamp of {}, later than the signing time ({})", "nội dung có dấu thời gian lúc {}, muộn hơn thời điểm ký ({})";
        /// Found: suspended, whose and since when.
        Suspended = "the certificate of {} has been suspended since {}, and is neither revoked nor in force", "chứng thư của {} bị tạm dừng từ {}, chưa bị thu hồi và cũng không có hiệu lực";
    }
}
