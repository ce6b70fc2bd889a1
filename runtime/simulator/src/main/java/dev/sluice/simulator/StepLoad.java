package dev.sluice.simulator;

/** What a step consists of, which decides how long it takes. */
final class StepLoad {
    int decoding;
    long contextTokens;
    int prefillTokens;
    double prefillContext;
    /** What reading from a storage takes. */
    long loadNanos;

    void clear() {
        decoding = 0;
        contextTokens = 0;
        prefillTokens = 0;
        prefillContext = 0;
        loadNanos = 0;
    }

    boolean isEmpty() {
        return decoding + prefillTokens == 0;
    }

    void add(Sequences seqs, int slot, int tokens) {
        count(seqs, slot, tokens, 1);
    }

    void takeBack(Sequences seqs, int slot, int tokens) {
        count(seqs, slot, tokens, -1);
    }

    private void count(Sequences seqs, int slot, int tokens, int sign) {
        var computed = seqs.computed[slot];
        if (computed >= seqs.prompt[slot] && tokens == 1) {
            decoding += sign;
            contextTokens += sign * (long) computed;
        } else {
            prefillTokens += sign * tokens;
            prefillContext += sign * tokens * (computed + tokens * 0.5);
        }
    }

    /** Milliseconds on an engine of this profile, before noise. */
    double millis(EngineProfile profile) {
        return profile.stepBaseMillis()
                + profile.perSequenceMillis() * decoding
                + profile.perKvTokenMillis() * contextTokens
                + profile.perPrefillTokenMillis() * prefillTokens
                + profile.perPrefillTokenContextMillis() * prefillContext;
    }
}
