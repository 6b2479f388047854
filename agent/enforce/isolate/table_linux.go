package isolate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// The table is ours alone; nothing outside it is ever touched.
func table() *nftables.Table {
	return &nftables.Table{Name: "trustline", Family: nftables.TableFamilyINet}
}

// The chains of the table.
const (
	chainOutput  = "output"
	chainForward = "forward"
	chainInput   = "input"
	chainCheck   = "check" // for both directions out
	chainStop    = "stop"
)

func chains() []string {
	return []string{chainOutput, chainForward, chainInput, chainCheck, chainStop}
}

// install makes a ruleset the one in force, in one transaction: every packet
// meets either the old rules or the new ones. It answers whether anything had
// to be changed; what was counted is carried over.
func install(r ruleset) (bool, error) {
	now, err := read()
	if err != nil {
		return false, err
	}
	b := newBatch(r, now.stopped)
	if now.comment == r.comment() && now.rules == b.rules {
		return false, nil
	}
	c, err := nftables.New()
	if err != nil {
		return false, fmt.Errorf("reach the packet filter: %w", err)
	}
	if now.present && b.refill(c) == nil {
		return true, nil
	}
	if err := b.send(c); err != nil {
		return false, fmt.Errorf("change the packet filter: %w", explain(err))
	}
	return true, nil
}

// Remove takes our table away, whoever made it, and answers whether there was
// one. It may be called by another program than the one that isolates, such as
// a repair or an uninstallation.
func Remove() (bool, error) {
	now, err := read()
	if err != nil || !now.present {
		return false, err
	}
	c, err := nftables.New()
	if err != nil {
		return false, fmt.Errorf("reach the packet filter: %w", err)
	}
	c.AddTable(table()) // or deleting fails when it went meanwhile
	c.DelTable(table())
	if err := c.Flush(); err != nil {
		return false, fmt.Errorf("open internal systems again: %w", explain(err))
	}
	return true, nil
}

// Read answers what is in force, as the kernel reports it.
func Read() (Status, error) {
	now, err := read()
	if err != nil || !now.present {
		return Status{}, err
	}
	s := Status{Isolated: true, Packets: now.stopped.Packets, Bytes: now.stopped.Bytes}
	s.Mode, s.AfterCrash = marked(now.comment)
	return s, nil
}

// installed is what the kernel has.
type installed struct {
	present bool
	comment string
	rules   int
	stopped expr.Counter
}

// read asks several times over when what it sees is a table being replaced:
// the kernel answers table by table and chain by chain.
func read() (installed, error) {
	var now installed
	var err error
	for range 5 {
		if now, err = readOnce(); err != nil || !now.present || now.comment != "" {
			break
		}
	}
	return now, err
}

func readOnce() (installed, error) {
	c, err := nftables.New()
	if err != nil {
		return installed{}, fmt.Errorf("reach the packet filter: %w", err)
	}
	tables, err := c.ListTablesOfFamily(nftables.TableFamilyINet)
	if err != nil {
		return installed{}, fmt.Errorf("read the packet filter: %w", explain(err))
	}
	var now installed
	for _, t := range tables {
		now.present = now.present || t.Name == table().Name
	}
	if !now.present {
		return now, nil
	}
	for _, name := range chains() {
		rules, err := c.GetRules(table(), &nftables.Chain{Name: name, Table: table()})
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return now, fmt.Errorf("read the packet filter: %w", explain(err))
		}
		now.rules += len(rules)
		now.note(name, rules)
	}
	return now, nil
}

func (now *installed) note(chain string, rules []*nftables.Rule) {
	for _, r := range rules {
		if text, ok := userdata.GetString(r.UserData, userdata.TypeComment); ok && chain == chainCheck {
			now.comment = text
		}
		for _, e := range r.Exprs {
			if counter, ok := e.(*expr.Counter); ok {
				now.stopped.Packets += counter.Packets
				now.stopped.Bytes += counter.Bytes
			}
		}
	}
}

func explain(err error) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: this needs root or the capability CAP_NET_ADMIN", err)
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EPROTONOSUPPORT):
		return fmt.Errorf("%w: the kernel lacks nf_tables (CONFIG_NF_TABLES_INET, NFT_REJECT_INET, NFT_LOG)", err)
	}
	return err
}

// settled is how long to wait after a change of the packet filter, so that a
// reload of somebody's rules is looked at once.
const settled = 100 * time.Millisecond

// watchTable calls changed once when it has begun to watch, and then after
// anybody changed the packet filter, until the context ends.
func watchTable(ctx context.Context, changed func()) error {
	c, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if err != nil {
		return fmt.Errorf("watch the packet filter: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer func() {
		if stop() {
			c.Close()
		}
	}()
	if err := c.JoinGroup(unix.NFNLGRP_NFTABLES); err != nil {
		return fmt.Errorf("watch the packet filter: %w", err)
	}
	changed() // what was changed before anybody watched
	for {
		// More events than the kernel keeps for us are an event, too.
		if _, err := c.Receive(); err != nil && !errors.Is(err, unix.ENOBUFS) {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("watch the packet filter: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settled):
			changed()
		}
	}
}
