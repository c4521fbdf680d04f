// SPDX-License-Identifier: Apache-2.0

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

/** The word of AimX that an error carries on the wire. */
export type AimxErrorWord = "not_found" | "denied" | "internal" | "version_mismatch";

/** The one error this client throws; see errors.js for the codes made here. */
export class AimxError extends Error {
    constructor(err: AimxErrorWord, code: string, message: string, options?: { cause?: unknown });
    err: AimxErrorWord;
    code: string;
}

/** A place in a record's values. Positions of different epochs cannot be compared. */
export interface Position {
    epoch: string;
    pos: number;
}

export type ClientState = "connecting" | "open" | "reconnecting" | "closed";

export interface StateEvent {
    state: ClientState;
    /** Redials since the connection was last open. */
    attempt: number;
    /** With "reconnecting": how long until the next one. */
    delayMs?: number;
    /** With "reconnecting", and with "closed" when the user did not close it. */
    error?: AimxError;
}

/** Delays grow from `firstMs` by `factor` to `capMs`; chance takes away a share up to `jitter`. */
export interface ReconnectOptions {
    enabled?: boolean;
    /** Also when the very first dial fails. Default: true for `new Client`, false for `connect`. */
    initial?: boolean;
    /** Redials without success in between. Default: no limit. */
    attemptLimit?: number;
    /** Default: 500. */
    firstMs?: number;
    /** Default: 8 000. */
    capMs?: number;
    /** Default: 2. */
    factor?: number;
    /** From 0 to 1. Default: 0.5. */
    jitter?: number;
}

/** Time as the client sees it; replaceable in tests. */
export interface Clock {
    /** Milliseconds that only grow. */
    now(): number;
    setTimeout(callback: () => void, delayMs: number): unknown;
    clearTimeout(timer: unknown): void;
}

export interface ClientOptions {
    /** Goes into `hello` as `auth_token`, never into the URL. */
    token?: string;
    /** The name told to the server. */
    client?: string;
    /** Of a call, from asking to its reply. Default: 30 000. */
    timeoutMs?: number;
    /** Of dialling and `hello` together. Default: 5 000. */
    handshakeTimeoutMs?: number;
    /** Silence before a ping. Default: 30 000. */
    keepaliveMs?: number;
    /** Silence after that ping before the connection is given up. Default: 10 000. */
    pongTimeoutMs?: number;
    /** Calls that wait for a connection. Default: 256. */
    offlineLimit?: number;
    /** Calls that wait for their reply. Default: 1 024. */
    pendingLimit?: number;
    /** false: the first disconnect closes the client. */
    reconnect?: boolean | ReconnectOptions;
    onState?: (event: StateEvent) => void;
    /** What one of your callbacks threw. Default: thrown again where nobody catches it. */
    onError?: (error: unknown) => void;
    /** The class to dial with. Default: the global one; for older Node that of the package `ws`. */
    WebSocket?: new (url: string) => any;
    clock?: Clock;
    /** In [0, 1). Default: Math.random. */
    random?: () => number;
}

export interface CallOptions {
    timeoutMs?: number;
}

/** What both events and snapshots carry. */
export interface Value<T = any> {
    topic: string;
    data: T;
    /** AimX's number of this value in the subscription, on this connection. */
    seq: number;
    /** Values lost just before this one, on the way or in this client's queue. */
    skipped: number;
    /** It comes from history. */
    hist: boolean;
    /** null without extensions. */
    pos: number | null;
    /** null without extensions. */
    epoch: string | null;
    /** Unix ms of the produce; null without extensions. */
    ts: number | null;
    /** Values it stands for beside itself (`everyMs`). */
    merged: number;
}

export interface AimxEvent<T = any> extends Value<T> {
    kind: "event";
}

/** The value a record had when the subscription opened. */
export interface AimxSnapshot<T = any> extends Value<T> {
    kind: "snapshot";
    /** No further snapshot follows. */
    last: boolean;
}

/** Values that history knows it does not have: positions `first` to `last`. */
export interface AimxGap {
    kind: "gap";
    topic: string;
    first: number;
    last: number;
    count: number;
    cause: string | null;
    ts: number | null;
}

/** The seam: what was stored has come, what follows is live. */
export interface AimxLive {
    kind: "live";
}

export interface AimxSubscribed {
    kind: "subscribed";
    /** false: this is after a reconnect. */
    first: boolean;
    /**
     * true: the server goes on from where it was asked to; false: it cannot, and some values may be
     * missing without a count; null: it was not asked to.
     */
    resumed: boolean | null;
}

export type SubscriptionItem<T = any> =
    | AimxEvent<T>
    | AimxSnapshot<T>
    | AimxGap
    | AimxLive
    | AimxSubscribed;

export interface SubscriptionEnd {
    /** `left`, `closed`, `refused`, or the server's reason: `no_match`, `bad_pattern`, … */
    reason: string;
    error?: AimxError;
}

export interface SubscribeOptions<T = any> {
    /** First every stored value from then on (Unix ms), then live. */
    since?: number | Date;
    /** First every value after that position, then live. For a pattern: positions by key. */
    from?: Position | Record<string, Position>;
    /** At most one event per record in so many ms, the newest. */
    everyMs?: number;
    /** Also the gaps that history knows. */
    gaps?: boolean;
    /**
     * Go on after a reconnect from where it stood. Default: true, except with `everyMs` alone:
     * who wants one value now and then wants the newest.
     */
    resume?: boolean;
    /** Items the iterator may lag behind; beyond, the oldest are dropped. Default: 256. */
    queueLimit?: number;
    /** The iterator gives `gap`, `live` and `subscribed` too, in their place among the values. */
    marks?: boolean;

    /** With this or `onSnapshot` the items go to callbacks, and there is no iterating. */
    onEvent?: (event: AimxEvent<T> | AimxSnapshot<T>, subscription: Subscription<T>) => void;
    /** Without it snapshots go to `onEvent`. */
    onSnapshot?: (snapshot: AimxSnapshot<T>, subscription: Subscription<T>) => void;
    onGap?: (gap: AimxGap, subscription: Subscription<T>) => void;
    onLive?: (live: AimxLive, subscription: Subscription<T>) => void;
    onSubscribed?: (subscribed: AimxSubscribed, subscription: Subscription<T>) => void;
    onEnded?: (end: SubscriptionEnd, subscription: Subscription<T>) => void;
}

/** Made by Client.subscribe(). Lives on over reconnects; one loop at a time may iterate it. */
export class Subscription<T = any>
    implements AsyncIterableIterator<AimxEvent<T> | AimxSnapshot<T>> {
    private constructor();
    readonly topic: string;
    /** Why it is over; null while it is not. */
    readonly ended: SubscriptionEnd | null;
    /** Values that came twice and were left out. */
    readonly duplicates: number;
    /** Leaves: nothing is delivered any more, and the server is told. */
    close(): void;
    /** With `marks` also the other kinds of SubscriptionItem come out of it. */
    [Symbol.asyncIterator](): this;
    next(): Promise<IteratorResult<AimxEvent<T> | AimxSnapshot<T>>>;
    return(): Promise<IteratorResult<AimxEvent<T> | AimxSnapshot<T>>>;
}

/** A row of `record.list`; members that are not listed here may be there. */
export interface RecordRow {
    record_id: number;
    record_key: string;
    name: string;
    type_id: string;
    origin: Json;
    buffer_type: string;
    buffer_capacity?: number | null;
    producer_count: number;
    consumer_count: number;
    writable: boolean;
    outbound_connector_count: number;
    persisted?: boolean;
    last_produced?: number | null;
    [member: string]: any;
}

export interface Envelope<T = any> {
    value: T;
    pos: number | null;
    epoch: string | null;
    ts: number | null;
}

export interface SetResult<T = any> {
    status: string;
    /** Read back after the write; absent for a ring. */
    value?: T;
}

export interface DrainResult<T = any> {
    record_name: string;
    values: T[];
    count: number;
    /** Overwritten before they could be drained; absent without extensions. */
    lost?: number;
    /** The rest stays for the next drain. */
    more?: boolean;
}

export interface StoredRow<T = any> {
    topic: string;
    /** null when the value is too long for a frame; `too_large` then says how long. */
    payload: T;
    too_large?: number;
    ts: number;
    id?: number;
    pos?: number;
    epoch?: string;
}

export interface QueryOptions {
    /** Key or pattern. Default: everything. */
    name?: string;
    /** Rows per record. Default: 1 in `query`, all in `queryPages`. */
    limit?: number;
    /** Unix ms, inclusive. */
    start?: number | Date;
    /** Unix ms, inclusive. */
    end?: number | Date;
}

export interface PagedQueryOptions extends QueryOptions {
    order?: "asc" | "desc";
    /** Rows per page. Default: 1 000. */
    maxRows?: number;
    /** Also the gaps of the matching records, in the first page. */
    gaps?: boolean;
    /** `next` of a page, to go on behind it. */
    after?: string;
}

export interface QueryPage<T = any> {
    records: StoredRow<T>[];
    total: number;
    next?: string;
    gaps: Omit<AimxGap, "kind">[];
    /** There were more gaps than half a frame carries: ask for shorter spans of time. */
    gaps_cut?: boolean;
}

export interface Graph {
    nodes: Json[];
    edges: Json[];
    order: string[];
}

export interface Health {
    status: "ok" | "degraded";
    reason?: string;
    uptime_secs: number;
    clients: number;
    records: number;
    epoch: string;
    server_version: string;
}

export interface WriteOutcome {
    status: string;
    pos?: number;
    epoch?: string;
}

export interface ClientStats {
    dials: number;
    opens: number;
    framesReceived: number;
    /** Messages that are no frame of AimX. */
    framesSkipped: number;
    /** Frames nobody here waits for: late replies, events after leaving. */
    framesUnmatched: number;
    callsSent: number;
    callsWaiting: number;
    subscriptions: number;
}

/** A client of one AimX server, connected for as long as it is not closed. */
export class Client {
    /** Begins to dial; does not wait. */
    constructor(url: string | URL, options?: ClientOptions);
    /** A client that is open; fails when the first dial does (unless `reconnect.initial`). */
    static connect(url: string | URL, options?: ClientOptions): Promise<Client>;

    readonly state: ClientState;
    /** What the server answered to `hello`; null while there is no connection, or a plain one. */
    readonly welcome: Record<string, any> | null;
    /** Whether the server has aimdb's additions to AimX. */
    readonly extensions: boolean;
    readonly stats: ClientStats;
    onState: ((event: StateEvent) => void) | undefined;

    /** Once open; fails when the client is closed before. */
    ready(): Promise<void>;
    close(): void;

    call(method: string, params?: unknown, options?: CallOptions): Promise<any>;
    list(options?: { pattern?: string; limit?: number } & CallOptions): Promise<RecordRow[]>;
    listPages(
        options?: { pattern?: string; limit?: number } & CallOptions,
    ): AsyncGenerator<RecordRow[], void, void>;
    get<T = any>(key: string, options?: CallOptions): Promise<T>;
    getWithMeta<T = any>(key: string, options?: CallOptions): Promise<Envelope<T>>;
    set<T = any>(key: string, value: T, options?: CallOptions): Promise<SetResult<T>>;
    drain<T = any>(
        key: string,
        options?: { limit?: number } & CallOptions,
    ): Promise<DrainResult<T>>;
    query<T = any>(
        options?: QueryOptions & CallOptions,
    ): Promise<{ records: StoredRow<T>[]; total: number }>;
    queryPages<T = any>(
        options?: PagedQueryOptions & CallOptions,
    ): AsyncGenerator<QueryPage<T>, void, void>;
    graph(options?: CallOptions): Promise<Graph>;
    health(options?: CallOptions): Promise<Health>;
    /**
     * The outcome; null when the server gives none. Then a write fails (`pending_limit`) while more
     * than 1 MiB of earlier ones is unsent.
     */
    write(key: string, value: unknown, options?: CallOptions): Promise<WriteOutcome | null>;
    /** Milliseconds to the server and back. */
    ping(options?: CallOptions): Promise<number>;
    subscribe<T = any>(topic: string, options?: SubscribeOptions<T>): Subscription<T>;
}

/** Whether AimX reads it as a pattern: it has a `*` or a `#` anywhere. */
export function isPattern(topic: string): boolean;
/** AimX's matcher: `*` is one segment, `#` any number of them. */
export function matchesPattern(pattern: string, topic: string): boolean;
