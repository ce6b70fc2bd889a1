package dev.sluice.app.bench;

/** What requests are sent to. */
enum Target {
    /** The backends themselves. */
    DIRECT("direct"),
    HAPROXY("HAProxy"),
    /** A second HAProxy like the first: what differs between the two is the machine's. */
    CONTROL("HAProxy′ (control)"),
    HAPROXY_64K("HAProxy, tune.bufsize 65536"),
    NGINX("nginx"),
    SLUICE("Sluice");

    private final String words;

    Target(String words) {
        this.words = words;
    }

    @Override
    public String toString() {
        return words;
    }
}
