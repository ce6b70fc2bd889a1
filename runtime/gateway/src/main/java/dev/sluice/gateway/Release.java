package dev.sluice.gateway;

/** When the claim of a decision was given back, in words for its explanation; set once, at the end. */
final class Release {
    /** Nothing needs to be said: the claim ends with the answer. */
    static final Release WITH_ANSWER = new Release();

    private volatile String words = "";

    void was(String when) {
        words = when;
    }

    String words() {
        return words;
    }
}
