package pdf

import (
	"image"
	"math"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

const (
	drawnDPI    = 200      // enough to tell small Chinese letters
	mostPixels  = 64 << 20 // of a picture on a page, unpacked
	mostObjects = 10_000   // of a page that are looked at
	mostNested  = 4        // forms within forms that are looked into
)

// Look is what a page is made of besides text.
type Look struct {
	Pictures float64 // the part of the page that pictures cover, 0 to 1
	Drawn    bool    // there is anything at all
}

// Look looks at what a page is made of. A picture too large to be unpacked is
// ErrMemory.
func (d *Document) Look(number int) (look Look, err error) {
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: d.ref, Index: number}}
	err = d.call(func() error {
		size, err := d.instance.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: d.ref, Index: number})
		if err != nil {
			return err
		}
		count, err := d.instance.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
		if err != nil {
			return err
		}
		look.Drawn = count.Count > 0
		covered, left := 0.0, mostObjects
		for i := range min(count.Count, mostObjects) {
			o, err := d.instance.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: i})
			if err != nil {
				return err
			}
			shows, err := d.showsPicture(o.PageObject, 0, &left)
			if err != nil {
				return err
			}
			if shows {
				covered += d.area(o.PageObject)
			}
		}
		look.Pictures = min(1, covered/max(1, size.Width*size.Height))
		if count.Count > mostObjects || left <= 0 {
			look.Pictures = 1 // what was not looked at may be one
		}
		return nil
	})
	return look, err
}

// showsPicture tells a picture, or a form with one in it; left bounds how many
// objects of forms are looked at.
func (d *Document) showsPicture(o references.FPDF_PAGEOBJECT, depth int, left *int) (bool, error) {
	kind, err := d.instance.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: o})
	if err != nil {
		return false, err
	}
	switch kind.Type {
	case enums.FPDF_PAGEOBJ_IMAGE:
		size, err := d.instance.FPDFImageObj_GetImagePixelSize(&requests.FPDFImageObj_GetImagePixelSize{ImageObject: o})
		if err != nil {
			return false, unlessTrapped(err)
		}
		if size.Width > mostPixels || size.Height > mostPixels || size.Width*size.Height > mostPixels {
			return false, ErrMemory
		}
		return true, nil
	case enums.FPDF_PAGEOBJ_FORM:
		if depth == mostNested || *left <= 0 {
			return false, nil
		}
		count, err := d.instance.FPDFFormObj_CountObjects(&requests.FPDFFormObj_CountObjects{PageObject: o})
		if err != nil {
			return false, unlessTrapped(err)
		}
		for i := range min(count.Count, *left) {
			*left--
			inner, err := d.instance.FPDFFormObj_GetObject(&requests.FPDFFormObj_GetObject{PageObject: o, Index: uint64(i)})
			if err != nil {
				return false, unlessTrapped(err)
			}
			if shows, err := d.showsPicture(inner.PageObject, depth+1, left); shows || err != nil {
				return shows, err
			}
		}
	}
	return false, nil
}

// area answers how much of the page an object covers, in square points.
func (d *Document) area(o references.FPDF_PAGEOBJECT) float64 {
	b, err := d.instance.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: o})
	if err != nil {
		return 0
	}
	return max(0, float64(b.Right-b.Left)) * max(0, float64(b.Top-b.Bottom))
}

// Draw draws a page in shades of gray, of so many pixels at most.
func (d *Document) Draw(number, most int) (drawn *image.Gray, err error) {
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: d.ref, Index: number}}
	err = d.call(func() error {
		size, err := d.instance.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: d.ref, Index: number})
		if err != nil {
			return err
		}
		width, height := size.Width/72*drawnDPI, size.Height/72*drawnDPI
		if over := width * height / float64(most); over > 1 {
			width, height = width/math.Sqrt(over), height/math.Sqrt(over)
		}
		result, err := d.instance.RenderPageInPixels(&requests.RenderPageInPixels{
			Page: page, Width: max(1, int(width)), Height: max(1, int(height)),
			ImageFormat: requests.RenderImageFormatGrayscale, RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT,
		})
		if err != nil {
			return err
		}
		defer result.CleanupFunc()
		if d.memory.refused {
			return ErrMemory // what it shows is not all
		}
		inside, ok := result.Result.RenderedImage.(*image.Gray)
		if !ok {
			return ErrDamaged
		}
		drawn = image.NewGray(inside.Rect) // theirs is freed, and its rows are padded
		for y := range inside.Rect.Dy() {
			copy(drawn.Pix[y*drawn.Stride:(y+1)*drawn.Stride], inside.Pix[y*inside.Stride:])
		}
		return nil
	})
	return drawn, err
}
