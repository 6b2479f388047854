// Package job holds processes of Windows in a job of theirs: a job bounds what its
// processes may do, and what it is made for is that they end with whoever started
// them, however that ends. It starts nothing itself.
package job
