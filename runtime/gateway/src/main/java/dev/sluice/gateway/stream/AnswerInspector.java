package dev.sluice.gateway.stream;

import java.nio.ByteBuffer;

/** Reads what a whole (not streamed) JSON answer says about itself. */
public final class AnswerInspector {
    private AnswerInspector() {}

    /**
     * Reads a body in one pass; about a millisecond per MiB.
     *
     * @param dialect of the route
     * @param body the whole body between position and limit, which stay as they are
     * @return never throws: what is no JSON is said to be none
     */
    public static Answer inspect(Dialect dialect, ByteBuffer body) {
        byte[] bytes;
        int from;
        if (body.hasArray()) {
            bytes = body.array();
            from = body.arrayOffset() + body.position();
        } else {
            bytes = new byte[body.remaining()];
            body.get(body.position(), bytes);
            from = 0;
        }
        AnswerFields fields = new AnswerFields(dialect);
        if (!fields.read(bytes, from, from + body.remaining())) {
            return new Answer(false, false, false, "", Usage.UNKNOWN);
        }
        boolean error = fields.error() || fields.kind() == Kind.ERROR;
        // vLLM has no Anthropic name for an abort: it leaves the stop reason out.
        boolean unexplained = dialect == Dialect.ANTHROPIC && fields.message() && !fields.hasStopReason();
        return new Answer(true, fields.aborted() || unexplained, error, fields.id(), fields.usage());
    }
}
