package dev.sluice.app.bench;

/** How a figure stands to its bar. */
enum Verdict {
    /** Better than was asked. */
    STRETCH("met, the stretch too"),
    MET("met"),
    MISSED("MISSED"),
    /** Nothing to compare with, or the difference is finer than what two runs of the same thing differ by. */
    NOT_JUDGED("not judged");

    private final String words;

    Verdict(String words) {
        this.words = words;
    }

    @Override
    public String toString() {
        return words;
    }
}
