package dev.sluice.app.drill;

import java.io.IOException;

/**
 * Something that is broken now.
 *
 * @param what in words, for the progress and the sheet
 * @param target what it was done to; two troubles never have the same one
 * @param mend undoes it
 */
record Trouble(String what, String target, Mend mend) {
    /** Undoes a trouble. */
    interface Mend {
        void run() throws IOException, InterruptedException;
    }
}
