package dev.sluice.gateway.plugin;

/** A plugin that is not loaded. The message is the reason, for its operator. */
final class PluginRefused extends Exception {
    private static final long serialVersionUID = 1L;

    PluginRefused(String reason) {
        super(reason);
    }
}
