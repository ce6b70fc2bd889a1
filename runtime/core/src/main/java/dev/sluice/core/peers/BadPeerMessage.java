package dev.sluice.core.peers;

/** Bytes of a peer that mean nothing here. */
public final class BadPeerMessage extends Exception {
    private static final long serialVersionUID = 1;

    /** Why. */
    public enum Why {
        /** Another version of this protocol: a replica of another build. */
        VERSION,
        /** Not what any version writes. */
        MALFORMED
    }

    private final Why why;

    BadPeerMessage(Why why, String text) {
        super(text, null, false, false);
        this.why = why;
    }

    /** Why. */
    public Why why() {
        return why;
    }
}
