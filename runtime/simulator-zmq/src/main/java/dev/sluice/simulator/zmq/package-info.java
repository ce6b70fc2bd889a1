/**
 * The sockets of a stand-in's KV events. A module of its own, because JeroMQ is licensed under MPL-2.0 and nothing else of the
 * simulator needs it.
 */
@NullMarked
package dev.sluice.simulator.zmq;

import org.jspecify.annotations.NullMarked;
