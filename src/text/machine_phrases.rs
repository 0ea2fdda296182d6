//! What reports say of a machine that was not left alone. `{}` is a figure.

use super::bilingual::bilingual;

bilingual! {
    /// A sentence on the machine while figures were taken.
    MachinePhrase {
        /// Lowest, highest, median GHz.
        Clock = "the processor's clock ran between {} and {} GHz (median {})", "xung nhịp bộ xử lý dao động từ {} đến {} GHz (trung vị {})";
        /// Before the reasons.
        Disturbed = "WARNING: the machine was disturbed while this was measured, do not use these figures:", "CẢNH BÁO: máy bị ảnh hưởng trong lúc đo, không được dùng các số liệu này:";
        /// Cores.
        Others = "other programs used {} of a core", "chương trình khác chiếm {} lõi xử lý";
        /// Per cent.
        Stolen = "the hypervisor ran something else for {} % of the processors' time", "máy chủ ảo hóa lấy {} % thời gian xử lý cho việc khác";
        /// How many figures, of how many, limit in per cent, the worst, its per cent.
        Unsteady = "rounds disagree: {} of {} figures spread by more than ± {} % (most: {}, ± {} %)", "các vòng đo không khớp nhau: {} trên {} số liệu lệch quá ± {} % (nhiều nhất: {}, ± {} %)";
    }
}
