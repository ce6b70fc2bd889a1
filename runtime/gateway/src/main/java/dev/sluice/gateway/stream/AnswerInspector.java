package dev.sluice.gateway.stream;

import java.nio.ByteBuffer;

/** Reads what a whole (not streamed) JSON answer says about itself. */
public final class AnswerInspector {
    private AnswerInspector() {}

    /**
     * @param dialect of the route
     * @param body the whole body between position and limit, which stay as they are
     * @return never throws: what is no JSON is said to be none
     */
    public static Answer inspect(Dialect dialect, ByteBuffer body) {
        return new Answer(false, false, false, "", Usage.UNKNOWN);
    }
}
