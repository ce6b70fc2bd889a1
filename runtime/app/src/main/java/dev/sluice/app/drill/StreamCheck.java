package dev.sluice.app.drill;

/** Reads the events of a chat stream line by line, and knows whether it is whole. Judges nothing by usage, which engines may get wrong. */
final class StreamCheck {
    private static final String CONTENT = "\"content\":\"";

    private int tokens;
    private boolean finished;
    private boolean done;
    private boolean error;
    private boolean afterDone;

    /** One line, without its end. */
    void line(String line) {
        if (!line.startsWith("data:")) {
            return;
        }
        String data = line.substring("data:".length()).strip();
        if (done) {
            afterDone = true;
        } else if (data.equals("[DONE]")) {
            done = true;
        } else if (data.startsWith("{\"error\"")) {
            error = true;
        } else {
            int at = data.indexOf(CONTENT);
            if (at >= 0 && data.charAt(at + CONTENT.length()) != '"') {
                tokens++;
            }
            finished |= data.contains("\"finish_reason\":\"length\"");
        }
    }

    int tokens() {
        return tokens;
    }

    /** Whether the stream has said that it is over. */
    boolean done() {
        return done;
    }

    /**
     * What the stream was, now that nothing more comes.
     *
     * @param expected tokens that a whole answer has
     * @param framed whether the framing ended as it should, and not by the loss of the connection
     */
    Ending ending(int expected, boolean framed) {
        if (done) {
            boolean whole = tokens == expected && finished && !error && !afterDone;
            return whole ? Ending.COMPLETE : Ending.FALSE_END;
        }
        if (error) {
            return Ending.ERROR_EVENT;
        }
        return framed ? Ending.FALSE_END : Ending.CUT;
    }

    @Override
    public String toString() {
        return tokens + " tokens" + (finished ? ", a finish reason" : "") + (error ? ", an error event" : "")
                + (done ? ", [DONE]" : "") + (afterDone ? ", events after [DONE]" : "");
    }
}
